import type { Client } from 'pg';
import { from } from 'pg-copy-streams';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const CHUNK_CHARACTERS = 1 << 18;

/** A field of the text format of COPY. https://www.postgresql.org/docs/18/sql-copy.html#id-1.9.3.55.9.2 */
export function copyField(value: string | number | boolean | null): string {
  if (value === null) return '\\N';
  if (typeof value !== 'string') return String(value);
  return SPECIAL.test(value) ? value.replaceAll(/[\\\t\n\r]/g, escaped) : value;
}

const SPECIAL = /[\\\t\n\r]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
const escaped = (character: string): string => ESCAPES[character] ?? character;

/**
 * `copy … from stdin` in the text format, of lines that come as they are asked for.
 *
 * @param lines each a row without its newline.
 */
export const copyIn = (client: Client, sql: string, lines: Iterable<string>): Promise<void> =>
  pipeline(Readable.from(chunksOf(lines)), client.query(from(sql)));

/** A row alone is too little for a write. */
function* chunksOf(lines: Iterable<string>): Generator<Buffer> {
  let text = '';
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length < CHUNK_CHARACTERS) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}
