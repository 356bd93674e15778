import { z } from 'zod';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Listed } from '@freehold/state-parts';
import { linesOf } from './lines.js';
import { LINE_LIMIT_BYTES } from './listing-lines.js';
import { joinInTree } from './tree-order.js';

/** A file that the source says to have, below its part. */
export interface SaidFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

interface Folder {
  readonly path: string;
  readonly type: 'dir';
}

const PlanLine = z.discriminatedUnion('do', [
  z.object({ do: z.literal('remove'), path: z.string() }),
  z.object({ do: z.literal('fetch'), path: z.string(), sizeBytes: z.int(), sha256: z.string() }),
]);
export type PlanLine = z.infer<typeof PlanLine>;

/** What a plan comes to: all that the source has, and what of it is to be fetched. */
export interface PlanTotals {
  files: number;
  bytes: number;
  fetchFiles: number;
  fetchBytes: number;
}

export const noTotals = (): PlanTotals => ({ files: 0, bytes: 0, fetchFiles: 0, fetchBytes: 0 });

/**
 * Compares what is staged of a part with what the source says to have, and writes down what makes them equal: lines of
 * JSON, so that nothing is held in memory and nothing is fetched while the folder is walked. Of what is staged, only
 * files count; links, and folders that the source does not mention, are removed.
 */
export async function writePlan(
  file: string,
  staged: AsyncIterable<Listed>,
  said: AsyncIterable<SaidFile>,
  totals: PlanTotals,
): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await using plan = await LineFile.create(file);
  for await (const { path, left, right } of joinInTree(inside(staged), withFolders(said))) {
    const wanted = right !== undefined && 'sha256' in right ? right : undefined;
    if (left !== undefined && !isKept(left, right)) await plan.write(planLine({ do: 'remove', path }));
    if (wanted === undefined) continue;
    totals.files += 1;
    totals.bytes += wanted.sizeBytes;
    if (left?.type === 'file' && left.sha256 === wanted.sha256 && left.sizeBytes === wanted.sizeBytes) continue;
    totals.fetchFiles += 1;
    totals.fetchBytes += wanted.sizeBytes;
    const { sizeBytes, sha256 } = wanted;
    await plan.write(planLine({ do: 'fetch', path, sizeBytes, sha256 }));
  }
}

/** A folder that became a file, a file that became a folder, what is gone, and every link: removed. */
function isKept(staged: Listed, said: SaidFile | Folder | undefined): boolean {
  if (said === undefined || staged.type === 'link') return false;
  return (staged.type === 'file') === 'sha256' in said;
}

/** Folders before what is in them, as a walk has them. */
async function* withFolders(files: AsyncIterable<SaidFile>): AsyncGenerator<SaidFile | Folder> {
  let open: string[] = [];
  for await (const file of files) {
    const folders = file.path.split('/').slice(0, -1);
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

/** Removes what a plan says is surplus; before anything is fetched, for a folder may have become a file. */
export async function removeSurplus(plan: string, staged: string): Promise<void> {
  for await (const line of readPlan(plan)) {
    if (line.do === 'remove') await rm(join(staged, line.path), { recursive: true, force: true });
  }
}

export async function* readPlan(file: string): AsyncGenerator<PlanLine> {
  const tooLong = () => {
    throw new Error('a plan of our own has too long a line');
  };
  const limitBytes = 2 * LINE_LIMIT_BYTES;
  for await (const line of linesOf(createReadStream(file), limitBytes, tooLong)) yield PlanLine.parse(JSON.parse(line));
}

export const planLine = (line: PlanLine): string => `${JSON.stringify(line)}\n`;

/** Lines into a file, gathered into larger writes. */
export class LineFile {
  #gathered = '';

  private constructor(private readonly file: FileHandle) {}

  static async create(path: string): Promise<LineFile> {
    return new LineFile(await open(path, 'w', 0o600));
  }

  /** @param line with its end */
  async write(line: string): Promise<void> {
    this.#gathered += line;
    if (this.#gathered.length > 64 * 1024) await this.#flush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#flush();
    } finally {
      await this.file.close();
    }
  }

  async #flush(): Promise<void> {
    const text = this.#gathered;
    this.#gathered = '';
    await this.file.appendFile(text);
  }
}
