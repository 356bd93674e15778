import { z } from 'zod';
import type { Listed } from '@freehold/state-parts';
import { linesOf } from './lines.js';
import { LINE_LIMIT_BYTES } from './listing-lines.js';
import { joinInTree } from './tree-order.js';

const PlanLine = z.object({
  ...{ path: z.string(), sizeBytes: z.int(), sha256: z.string().optional() },
  ...{ mode: z.int().optional(), mtimeUs: z.int().optional() },
});

/**
 * A file that the source says to have, below its part, with digest, permission bits and time in µs since 1970 where they
 * are said.
 * Of a plan: one that is to be fetched.
 */
export type SaidFile = Readonly<z.infer<typeof PlanLine>>;

interface Folder {
  readonly path: string;
  readonly type: 'dir';
}

/** What a plan comes to: all that the source has, and what of it is to be fetched. */
export interface PlanTotals {
  files: number;
  bytes: number;
  fetchFiles: number;
  fetchBytes: number;
}

export const noTotals = (): PlanTotals => ({ files: 0, bytes: 0, fetchFiles: 0, fetchBytes: 0 });

/** What makes what is staged equal to what the source says to have. */
export interface PlanSteps {
  /** What is surplus, a folder with all that is in it: done before anything below this path is to be fetched. */
  readonly remove: (path: string) => Promise<void>;
  readonly fetch: (file: SaidFile) => Promise<void>;
}

/**
 * Compares what is staged of a part with what the source says to have, and has the one made equal to the other, in the
 * order of the tree. Of what is staged, only files count; links, and folders that the source does not mention, are
 * removed. While the folder is still walked, files may take their places there: the walk has read the names of a folder
 * before any path in it is decided here, and does not come to one that was not there then.
 *
 * @param totals added to, before each step
 */
export async function planSteps(
  staged: AsyncIterable<Listed>,
  said: AsyncIterable<SaidFile>,
  totals: PlanTotals,
  { remove, fetch }: PlanSteps,
): Promise<void> {
  let removed: string | undefined;
  for await (const { path, left, right } of joinInTree(inside(staged), withFolders(said))) {
    const wanted = right !== undefined && 'sizeBytes' in right ? right : undefined;
    const isGone = removed !== undefined && path.startsWith(`${removed}/`);
    if (left !== undefined && !isGone && !isKept(left, right)) await remove((removed = path));
    if (wanted === undefined) continue;
    totals.files += 1;
    totals.bytes += wanted.sizeBytes;
    if (left?.type === 'file' && left.sha256 === wanted.sha256 && left.sizeBytes === wanted.sizeBytes) continue;
    totals.fetchFiles += 1;
    totals.fetchBytes += wanted.sizeBytes;
    await fetch(wanted);
  }
}

/** A folder that became a file, a file that became a folder, what is gone, and every link: removed. */
function isKept(staged: Listed, said: SaidFile | Folder | undefined): boolean {
  if (said === undefined || staged.type === 'link') return false;
  return (staged.type === 'file') === 'sizeBytes' in said;
}

/** Folders before what is in them, as a walk has them. */
async function* withFolders(files: AsyncIterable<SaidFile>): AsyncGenerator<SaidFile | Folder> {
  let open: string[] = [];
  let parent = '';
  for await (const file of files) {
    const above = file.path.slice(0, Math.max(file.path.lastIndexOf('/'), 0));
    if (above === parent) {
      yield file;
      continue;
    }
    parent = above;
    const folders = above === '' ? [] : above.split('/');
    const same = folders.findIndex((name, index) => open[index] !== name);
    for (let end = same === -1 ? folders.length : same; end < folders.length; end += 1) {
      yield { path: folders.slice(0, end + 1).join('/'), type: 'dir' };
    }
    open = folders;
    yield file;
  }
}

/** Without an entry for the folder itself. */
async function* inside(entries: AsyncIterable<Listed>): AsyncGenerator<Listed> {
  for await (const entry of entries) if (entry.path !== '.' && entry.path !== '') yield entry;
}

export async function* readPlan(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<SaidFile> {
  const tooLong = () => {
    throw new Error('a plan of our own has too long a line');
  };
  for await (const line of linesOf(chunks, 2 * LINE_LIMIT_BYTES, tooLong)) yield PlanLine.parse(JSON.parse(line));
}

export const planLine = ({ path, sizeBytes, sha256, mode, mtimeUs }: SaidFile): string =>
  `${JSON.stringify({ path, sizeBytes, sha256, mode, mtimeUs })}\n`;
