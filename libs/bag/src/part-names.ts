import type { Inspection } from './inspection.js';

export const MAX_PARTS = 1000;
export const PARTS_FOLDER = 'data/parts/';
export const SIDE_FILE_SUFFIX = '.mtree';

/** Which part a payload path lies in; null for all that is no part's content. */
export function partOf(path: string): { part: string; path: string } | null {
  if (!path.startsWith(PARTS_FOLDER)) return null;
  const slash = path.indexOf('/', PARTS_FOLDER.length);
  return slash === -1 ? null : { part: path.slice(PARTS_FOLDER.length, slash), path: path.slice(slash + 1) };
}

/** That a manifest names this path: of content of a part, or its side file. One part more than may be is enough. */
export function notePart({ parts }: Inspection, path: string): void {
  if (!path.startsWith(PARTS_FOLDER) || parts.size > MAX_PARTS) return;
  const slash = path.indexOf('/', PARTS_FOLDER.length);
  const isSide = slash === -1 && path.endsWith(SIDE_FILE_SUFFIX);
  const part = path.slice(PARTS_FOLDER.length, isSide ? -SIDE_FILE_SUFFIX.length : Math.max(slash, 0));
  if (part !== '' && (isSide || !parts.has(part))) parts.set(part, isSide ? path : null);
}
