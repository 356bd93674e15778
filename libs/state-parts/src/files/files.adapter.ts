import { createHash } from 'node:crypto';
import { liesIn, namePattern } from '../domain/path-order.js';
import type { CountDeclaration, Listed, PartReport, ReportJob, StateAdapter, StatePart } from '../state-part.js';
import { listFiles } from './list-files.js';
import { splitPath } from './open-folders.js';
import { restoreFiles } from './restore-files.js';

/** One row: the number of files, and a digest over the listing's lines: `path NUL size NUL sha256`, and links and folders. */
const report = ({ site, part, counts, options }: ReportJob): Promise<PartReport> =>
  reportListed(part, counts, listFiles(site, part, options));

/** The same of a tree that has been listed already. */
export async function reportListed(
  part: StatePart,
  counts: readonly CountDeclaration[],
  entries: AsyncIterable<Listed>,
): Promise<PartReport> {
  const digest = createHash('sha256');
  const counters = counts.flatMap((count) => (count.files === undefined ? [] : [counterOf(count)]));
  let count = 0;
  for await (const entry of entries) {
    digest.update(lineOf(entry));
    if (entry.type !== 'file') continue;
    count += 1;
    for (const counter of counters) counter.add(entry.path);
  }
  const tables = [{ name: '', count, digest: digest.digest('hex') }];
  const found = Object.fromEntries(counters.map(({ name, total }) => [name, total()]));
  return { part: part.name, kind: 'files', tables, counts: found };
}

function lineOf(entry: Listed): string {
  switch (entry.type) {
    case 'file':
      return `${entry.path}\0${entry.sizeBytes}\0${entry.sha256}\n`;
    case 'link':
      return `${entry.path}\0link\0${entry.target}\n`;
    case 'dir':
      return `${entry.path}\0dir\n`;
  }
}

/** Counts files below `under` whose base name matches `named`. */
function counterOf({ name, files = {} }: CountDeclaration) {
  const pattern = namePattern(files.named ?? '*');
  const under = files.under === undefined ? undefined : new Set([files.under.replace(/^\.\/|\/+$/g, '')]);
  let total = 0;
  const add = (path: string) => {
    if (under !== undefined && !liesIn(path, under)) return;
    if (pattern.test(splitPath(path).name)) total += 1;
  };
  return { name, add, total: () => total };
}

export const filesAdapter: StateAdapter = {
  capture: () => Promise.resolve([]),
  restore: restoreFiles,
  report,
  tools: () => Promise.resolve({ available: true, version: process.versions.node, hint: null }),
};
