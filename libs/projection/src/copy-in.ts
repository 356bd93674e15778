import type { Client, Connection, Submittable } from 'pg';

/** What `pg` 8 has and its types do not say. */
interface CopyConnection extends Connection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(reason: string): void;
}

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
export function copyIn(client: Client, sql: string, lines: Iterable<string>): Promise<void> {
  return new Promise((resolve, reject) => {
    client.query(new CopyIn(sql, lines, (failure) => (failure === null ? resolve() : reject(failure))));
  });
}

/** The part of pg's protocol for queries that COPY needs; pg calls it. */
class CopyIn implements Submittable {
  #failure: Error | null = null;

  constructor(
    private readonly sql: string,
    private readonly lines: Iterable<string>,
    private readonly ended: (failure: Error | null) => void,
  ) {}

  submit(connection: Connection): void {
    connection.query(this.sql);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    this.#send(connection).catch((cause: unknown) => {
      connection.sendCopyFail(cause instanceof Error ? cause.message : String(cause));
    });
  }

  handleCommandComplete(): void {}

  handleError(failure: Error): void {
    this.#failure ??= failure;
    this.ended(this.#failure);
  }

  handleReadyForQuery(): void {
    this.ended(this.#failure);
  }

  async #send(connection: CopyConnection): Promise<void> {
    let text = '';
    for (const line of this.lines) {
      text += `${line}\n`;
      if (text.length < CHUNK_CHARACTERS) continue;
      connection.sendCopyFromChunk(Buffer.from(text));
      text = '';
      await drained(connection);
      if (this.#failure !== null) return;
    }
    if (text !== '') connection.sendCopyFromChunk(Buffer.from(text));
    connection.endCopyFrom();
  }
}

function drained({ stream }: Connection): Promise<void> {
  if (!stream.writableNeedDrain || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const go = (): void => {
      stream.off('drain', go).off('close', go);
      resolve();
    };
    stream.once('drain', go).once('close', go);
  });
}
