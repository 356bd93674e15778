import { type BigIntStats, closeSync, openSync, readSync } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { comparePaths } from '../domain/path-order.js';
import { ignoreMissing } from '../places.js';

/** What was remembered of a file that is the same as then. */
export interface Remembered {
  readonly sha256: string;
  /** As it stands in the cache. */
  readonly line: string;
}

const FLUSH_LINES = 1_000;

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
  readonly #old: OldLines | undefined;
  readonly #new: FileHandle;
  #line: CacheLine | undefined;
  #buffer: string[] = [];

  private constructor(file: string, handles: { old: OldLines | undefined; new: FileHandle }) {
    this.#file = file;
    this.#old = handles.old;
    this.#new = handles.new;
  }

  /** `device`: of the tree's file system, because inodes are those of one. */
  static async open(file: string, device: bigint): Promise<DigestCache> {
    const handles = { old: OldLines.open(file), new: await open(`${file}.new`, 'w', 0o600) };
    const cache = new DigestCache(file, handles);
    const head = `freehold-digests 1 ${device}`;
    if (handles.old?.next() === head) cache.#advance();
    cache.#buffer.push(`${head}\n`);
    return cache;
  }

  /** The digest if the file is the same as then. Paths have to be asked for in the order of the listing. */
  find(path: string, stat: BigIntStats): Remembered | undefined {
    while (this.#line !== undefined && this.#line.path !== path && comparePaths(this.#line.path, path) < 0) {
      this.#advance();
    }
    const line = this.#line;
    if (line?.path !== path || line.state !== stateOf(stat)) return undefined;
    return { sha256: Buffer.from(line.digest, 'base64url').toString('hex'), line: line.text };
  }

  /** Something to wait for only once in a while. */
  remember(line: string): Promise<void> | undefined {
    this.#buffer.push(`${line}\n`);
    return this.#buffer.length >= FLUSH_LINES ? this.#flush() : undefined;
  }

  /** What was remembered is what the next listing finds. */
  async commit(): Promise<void> {
    await this.#flush();
    await this.#new.sync();
    await rename(`${this.#file}.new`, this.#file);
  }

  async close(): Promise<void> {
    this.#old?.close();
    await this.#new.close();
    await rm(`${this.#file}.new`, { force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #flush(): Promise<void> {
    const text = this.#buffer.join('');
    this.#buffer = [];
    await this.#new.appendFile(text);
  }

  /** A line that cannot be read ends what is believed. */
  #advance(): void {
    const text = this.#old?.next();
    this.#line = text === undefined ? undefined : parseLine(text);
  }
}

const READ_BYTES = 64 * 1024;

/** Lines of a file of ours, read at once: a wait for each of many would cost more than what is done with it. */
class OldLines {
  readonly #bytes = Buffer.allocUnsafe(READ_BYTES);
  #lines: string[] = [];
  #next = 0;
  #rest = Buffer.alloc(0);

  private constructor(private fd: number | undefined) {}

  /** Undefined: there is none. */
  static open(file: string): OldLines | undefined {
    try {
      return new OldLines(openSync(file, 'r'));
    } catch (error) {
      return ignoreMissing(error);
    }
  }

  /** Without its end; one without an end broke off, and is none. */
  next(): string | undefined {
    while (this.#next >= this.#lines.length) if (!this.#read()) return undefined;
    this.#next += 1;
    return this.#lines[this.#next - 1];
  }

  close(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }

  #read(): boolean {
    const length = this.fd === undefined ? 0 : readSync(this.fd, this.#bytes);
    if (length === 0) return false;
    const bytes = Buffer.concat([this.#rest, this.#bytes.subarray(0, length)]);
    const end = bytes.lastIndexOf(10) + 1;
    this.#lines = bytes.toString('utf8', 0, end).split('\n');
    this.#lines.pop();
    this.#next = 0;
    this.#rest = bytes.subarray(end);
    return true;
  }
}

interface CacheLine {
  readonly state: string;
  readonly digest: string;
  readonly path: string;
  readonly text: string;
}

const LINE = /^(\w+ \w+ -?\w+ -?\w+) ([\w-]{43}) (".*")$/;

function parseLine(text: string): CacheLine | undefined {
  const [, state, digest, quoted] = LINE.exec(text) ?? [];
  if (state === undefined || digest === undefined || quoted === undefined) return undefined;
  try {
    const path: unknown = JSON.parse(quoted);
    return typeof path === 'string' ? { state, digest, path, text } : undefined;
  } catch {
    return undefined;
  }
}

/** How a digest is remembered of a file in this state. */
export const lineOf = (path: string, stat: BigIntStats, sha256: string): string =>
  `${stateOf(stat)} ${Buffer.from(sha256, 'hex').toString('base64url')} ${JSON.stringify(path)}`;

/** What has to be the same for the content to be taken as the same. */
function stateOf({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${ino.toString(36)} ${size.toString(36)} ${mtimeNs.toString(36)} ${ctimeNs.toString(36)}`;
}
