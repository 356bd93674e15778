import { copyFile, open, rename, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as pause } from 'node:timers/promises';
import { LOG_LINE_LIMIT } from '../runtime-backend.js';
import type { LogOptions } from '../runtime-backend.js';

const TAIL_BYTES = 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;
const LOOK_MS = 100;

/** The lines of a unit's log: the last ones, then, when following, what comes, until the signal. */
export async function* readLog(folder: string, options: LogOptions): AsyncIterable<string> {
  const { follow = false, lines = 200, signal } = options;
  const log = join(folder, 'log');
  let offset = await sizeOf(log);
  const splitter = new LineSplitter();
  const recent = await tail(log, offset, splitter);
  if (!follow) recent.push(...splitter.end());
  const older = recent.length < lines ? await olderLines(folder) : [];
  yield* lines > 0 ? [...older, ...recent].slice(-lines) : [];
  while (follow && !(signal?.aborted ?? false)) {
    const size = await sizeOf(log);
    if (size < offset) offset = 0; // rotated
    if (size === offset) {
      await pause(LOOK_MS, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
      continue;
    }
    const bytes = await readBytes(log, offset, Math.min(CHUNK_BYTES, size - offset));
    offset += bytes.length;
    yield* splitter.push(bytes);
  }
}

/** Copies the log aside and truncates it: the unit keeps its open file. Lines written in between are lost. */
export async function rotateLog(folder: string, limitBytes: number): Promise<boolean> {
  const log = join(folder, 'log');
  if ((await sizeOf(log)) <= limitBytes) return false;
  await copyFile(log, join(folder, 'log.1.new'));
  await rename(join(folder, 'log.1.new'), join(folder, 'log.1'));
  await truncate(log, 0);
  return true;
}

/** Bytes to lines; a line longer than the limit comes in pieces. */
class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  push(bytes: Buffer): string[] {
    const lines = (this.#rest + this.#decoder.write(bytes)).split('\n');
    this.#rest = lines.pop() ?? '';
    const whole = lines.flatMap((line) => pieces(line));
    while (this.#rest.length > LOG_LINE_LIMIT) {
      whole.push(this.#rest.slice(0, LOG_LINE_LIMIT));
      this.#rest = this.#rest.slice(LOG_LINE_LIMIT);
    }
    return whole;
  }

  end(): string[] {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = '';
    return rest === '' ? [] : pieces(rest);
  }
}

function pieces(line: string): string[] {
  const count = Math.max(1, Math.ceil(line.length / LOG_LINE_LIMIT));
  return Array.from({ length: count }, (_, n) => line.slice(n * LOG_LINE_LIMIT, (n + 1) * LOG_LINE_LIMIT));
}

async function olderLines(folder: string): Promise<string[]> {
  const log = join(folder, 'log.1');
  const splitter = new LineSplitter();
  return [...(await tail(log, await sizeOf(log), splitter)), ...splitter.end()];
}

async function tail(log: string, size: number, splitter: LineSplitter): Promise<string[]> {
  if (size === 0) return [];
  const from = Math.max(0, size - TAIL_BYTES);
  const lines = splitter.push(await readBytes(log, from, size - from));
  return from > 0 ? lines.slice(1) : lines; // the first may lack its beginning
}

async function readBytes(log: string, from: number, length: number): Promise<Buffer> {
  await using file = await open(log, 'r');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from);
  return buffer.subarray(0, bytesRead);
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}
