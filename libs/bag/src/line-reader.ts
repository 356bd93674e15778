import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Finding } from '@freehold/kernel';
import { BagFailure } from './bag-failure.js';
import { pointerOf } from './path-rules.js';

const CHUNK_BYTES = 64 * 1024;
const LF = 0x0a;
const CR = 0x0d;
/** Of a unit of UTF-16. */
const MOST_BYTES_A_CHARACTER = 3;

/** A line without its end, or why it cannot be read. */
export type Line = { number: number; text: string } | { number: number; finding: Finding };

/**
 * Opens a regular file for reading; a link at its end is not followed, a pipe does not block.
 *
 * @throws {BagFailure} `file-unreadable`, the cause kept.
 */
export async function openRegular(file: string): Promise<FileHandle> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if ((await handle.stat()).isFile()) return handle;
  } catch (cause) {
    await handle?.close();
    throw unreadable(file, cause);
  }
  await handle.close();
  throw unreadable(file, undefined);
}

function unreadable(file: string, cause: unknown): BagFailure {
  const finding = {
    pointer: pointerOf(basename(file)),
    code: 'file-unreadable',
    detail: `${basename(file)} is missing, no regular file, or closed to us`,
    hint: 'See that it is there, is a plain file and may be read.',
  };
  return new BagFailure(`${file} cannot be read`, [finding], { cause });
}

/**
 * Lines of a tag file: UTF-8 without a byte order mark, ended by LF, CR or CRLF (RFC 8493, 2.1). Never holds more than a line and
 * a chunk of 64 KiB; of a line over `maxLineBytes` the rest is skipped and a finding stands for it. Empty lines are passed over.
 */
export async function* readLines(file: string, maxLineBytes: number): AsyncGenerator<Line> {
  const splitter = new LineSplitter(pointerOf(basename(file)), maxLineBytes);
  const handle = await openRegular(file);
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, null);
      if (bytesRead === 0) break;
      for (const line of splitter.push(chunk.subarray(0, bytesRead))) yield line;
    }
    for (const line of splitter.end()) yield line;
  } finally {
    await handle.close();
  }
}

class LineSplitter {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #line: Buffer[] = [];
  #bytes = 0;
  #number = 1;
  #afterCr = false;

  constructor(
    readonly pointer: string,
    readonly maxLineBytes: number,
  ) {}

  push(chunk: Buffer): Line[] {
    return this.#plain(chunk) ?? this.#byByte(chunk);
  }

  /** Nearly all there is: whole lines that end in LF, short enough, UTF-8. Undefined: look at every byte. */
  #plain(chunk: Buffer): Line[] | undefined {
    const end = chunk.lastIndexOf(LF) + 1;
    if (end === 0 || this.#afterCr || this.#bytes > this.maxLineBytes || chunk.includes(CR)) return undefined;
    const content = Buffer.concat([...this.#line, chunk.subarray(0, end)]);
    const text = content.toString('utf8');
    if (!isUtf8(content) || text.includes('\uFEFF')) return undefined;
    const texts = text.split('\n');
    texts.pop();
    if (texts.some((one) => one.length * MOST_BYTES_A_CHARACTER > this.maxLineBytes)) return undefined;
    const first = this.#number;
    this.#number += texts.length;
    [this.#line, this.#bytes] = [[], 0];
    this.#keep(chunk.subarray(end));
    return texts.flatMap((one, index) => (one === '' ? [] : [{ number: first + index, text: one }]));
  }

  #byByte(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let begin = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      const secondOfCrLf = byte === LF && this.#afterCr;
      this.#afterCr = byte === CR;
      if (byte !== LF && byte !== CR) continue;
      if (!secondOfCrLf) lines.push(...this.#ended(chunk.subarray(begin, at)));
      begin = at + 1;
    }
    this.#keep(chunk.subarray(begin));
    return lines;
  }

  end(): Line[] {
    return this.#ended(Buffer.alloc(0));
  }

  /** Of a line that lies in one chunk nothing is copied. */
  #ended(last: Buffer): Line[] {
    const number = this.#number;
    const bytes = this.#bytes + last.length;
    const content = this.#line.length === 0 ? last : Buffer.concat([...this.#line, last]);
    this.#number += 1;
    this.#line = [];
    this.#bytes = 0;
    if (bytes > this.maxLineBytes)
      return [this.#problem(number, 'line-too-long', `is over ${this.maxLineBytes} bytes`)];
    return bytes > 0 ? this.#decode(number, content) : [];
  }

  #keep(part: Buffer): void {
    this.#bytes += part.length;
    // A copy: the chunk is read into again.
    if (part.length > 0 && this.#bytes <= this.maxLineBytes) this.#line.push(Buffer.from(part));
  }

  #decode(number: number, content: Buffer): Line[] {
    let text: string;
    try {
      text = this.#decoder.decode(content);
    } catch {
      return [this.#problem(number, 'encoding-not-utf8', 'is not UTF-8')];
    }
    if (!text.startsWith('\uFEFF')) return [{ number, text }];
    const problem = this.#problem(number, 'byte-order-mark', 'begins with a byte order mark');
    return text.length > 1 ? [problem, { number, text: text.slice(1) }] : [problem];
  }

  #problem(number: number, code: string, what: string): Line {
    const hint = 'Write tag files as UTF-8 without a byte order mark, one entry a line.';
    return { number, finding: { pointer: this.pointer, code, detail: `line ${number} ${what}`, hint } };
  }
}
