import type { BigIntStats } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { comparePaths } from '../domain/path-order.js';
import { ignoreMissing } from '../places.js';

/**
 * Digests of the last listing, in a file with one line per file, in the order of the listing: it is read along with the
 * walk and its successor is written at the same time, so that neither has to be held in memory. The successor takes the
 * name when the listing is complete; what a crash leaves is written over.
 *
 *     freehold-digests 1 <device>
 *     <inode> <size> <mtime ns> <ctime ns> <sha256 in base64url> <path as JSON>      numbers in base 36
 */
export class DigestCache {
  readonly #file: string;
  readonly #head: string;
  readonly #old: AsyncIterator<string> | undefined;
  readonly #oldHandle: FileHandle | undefined;
  readonly #new: FileHandle;
  #line: CacheLine | undefined;
  #buffer: string[] = [];

  private constructor(file: string, head: string, handles: { old: FileHandle | undefined; new: FileHandle }) {
    this.#file = file;
    this.#head = head;
    this.#oldHandle = handles.old;
    this.#old = handles.old?.readLines({ autoClose: false })[Symbol.asyncIterator]();
    this.#new = handles.new;
  }

  /** `device`: of the tree's file system, because inodes are those of one. */
  static async open(file: string, device: bigint): Promise<DigestCache> {
    const handles = { old: await open(file, 'r').catch(ignoreMissing), new: await open(`${file}.new`, 'w', 0o600) };
    const cache = new DigestCache(file, `freehold-digests 1 ${device}`, handles);
    const head: IteratorResult<string> | undefined = await cache.#old?.next();
    if (head?.done === false && head.value === cache.#head) await cache.#advance();
    cache.#buffer.push(`${cache.#head}\n`);
    return cache;
  }

  /** The digest if the file is the same as then. Paths have to be asked for in the order of the listing. */
  async find(path: string, stat: BigIntStats): Promise<string | undefined> {
    while (this.#line !== undefined && comparePaths(this.#line.path, path) < 0) await this.#advance();
    const line = this.#line;
    if (line?.path !== path || line.state !== stateOf(stat)) return undefined;
    return line.sha256;
  }

  async remember(path: string, stat: BigIntStats, sha256: string): Promise<void> {
    const digest = Buffer.from(sha256, 'hex').toString('base64url');
    this.#buffer.push(`${stateOf(stat)} ${digest} ${JSON.stringify(path)}\n`);
    if (this.#buffer.length >= 1_000) await this.#flush();
  }

  /** What was remembered is what the next listing finds. */
  async commit(): Promise<void> {
    await this.#flush();
    await this.#new.sync();
    await rename(`${this.#file}.new`, this.#file);
  }

  async close(): Promise<void> {
    await this.#old?.return?.();
    await this.#oldHandle?.close();
    await this.#new.close();
    await rm(`${this.#file}.new`, { force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #flush(): Promise<void> {
    await this.#new.appendFile(this.#buffer.join(''));
    this.#buffer = [];
  }

  /** A line that cannot be read ends what is believed. */
  async #advance(): Promise<void> {
    const next: IteratorResult<string> | undefined = await this.#old?.next();
    this.#line = next === undefined || next.done === true ? undefined : parseLine(next.value);
  }
}

interface CacheLine {
  readonly state: string;
  readonly sha256: string;
  readonly path: string;
}

const LINE = /^(\w+ \w+ -?\w+ -?\w+) ([\w-]{43}) (".*")$/;

function parseLine(line: string): CacheLine | undefined {
  const [, state, digest, path] = LINE.exec(line) ?? [];
  if (state === undefined || digest === undefined || path === undefined) return undefined;
  try {
    const text: unknown = JSON.parse(path);
    if (typeof text !== 'string') return undefined;
    return { state, sha256: Buffer.from(digest, 'base64url').toString('hex'), path: text };
  } catch {
    return undefined;
  }
}

/** What has to be the same for the content to be taken as the same. */
function stateOf({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [ino, size, mtimeNs, ctimeNs].map((number) => number.toString(36)).join(' ');
}
