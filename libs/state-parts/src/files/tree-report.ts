import { createHash } from 'node:crypto';
import { liesIn, namePattern } from '../domain/path-order.js';
import type { CountDeclaration, Listed, PartReport, StatePart } from '../state-part.js';
import { splitPath } from './open-folders.js';

const GATHERED_CHARACTERS = 16 * 1024;

/**
 * The report of a tree whose entries are added in the order of a listing. One row: the number of files, and a digest over
 * lines of `path NUL size NUL sha256`, and of links and folders.
 */
export class TreeReport {
  readonly #digest = createHash('sha256');
  readonly #counters;
  #files = 0;
  #gathered = '';

  constructor(
    private readonly part: Pick<StatePart, 'name'>,
    counts: readonly CountDeclaration[],
  ) {
    this.#counters = counts.flatMap((count) => (count.files === undefined ? [] : [counterOf(count)]));
  }

  add(entry: Listed): void {
    this.#gathered += lineOf(entry);
    if (this.#gathered.length > GATHERED_CHARACTERS) this.#update();
    if (entry.type !== 'file') return;
    this.#files += 1;
    for (const counter of this.#counters) counter.add(entry.path);
  }

  /** Once, at the end. */
  report(): PartReport {
    this.#update();
    const tables = [{ name: '', count: this.#files, digest: this.#digest.digest('hex') }];
    const counts = Object.fromEntries(this.#counters.map(({ name, total }) => [name, total()]));
    return { part: this.part.name, kind: 'files', tables, counts };
  }

  #update(): void {
    this.#digest.update(this.#gathered);
    this.#gathered = '';
  }
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
