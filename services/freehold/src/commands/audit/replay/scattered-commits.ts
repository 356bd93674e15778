import { parseCommitLeaf } from '@freehold/evidence';
import type { AggregateName, StoredCommit } from '@freehold/kernel';
import { decodeCommit, parseSubject } from '@freehold/log';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An aggregate with all of its commits, oldest first. */
export interface WholeAggregate {
  name: AggregateName;
  commits: readonly StoredCommit[];
}

/** So many bytes wait in memory before they are written. */
const MOST_WAITING_BYTES = 32 * 1024 * 1024;
const LENGTH_BYTES = 4;

/**
 * The commits of a log sorted by aggregate, in bounded memory: in one reading of the log each goes into the file of its kind
 * and of the first two characters of its id, then one file after another is read. Of ten million commits a file has some ten
 * thousand. A log that fits into memory is never written. What is written is removed at the end; after a crash a folder
 * `freehold-replay-…` is left.
 */
export class ScatteredCommits implements AsyncDisposable {
  readonly #waiting = new Map<string, Uint8Array[]>();
  readonly #written = new Set<string>();
  #waitingBytes = 0;
  #folder: string | null = null;

  constructor(
    private readonly scratch: string = tmpdir(),
    private readonly mostWaitingBytes: number = MOST_WAITING_BYTES,
  ) {}

  /** @param leaf the commit as it is hashed; kept as it is. Throws RangeError for what is no subject of a log. */
  async add(subject: string, leaf: Uint8Array): Promise<void> {
    const { context, aggregate, id } = parseSubject(subject);
    const file = `${context}.${aggregate}.${id.slice(0, 2)}`;
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32BE(leaf.byteLength);
    const waiting = this.#waiting.get(file) ?? [];
    waiting.push(length, leaf);
    this.#waiting.set(file, waiting);
    this.#waitingBytes += leaf.byteLength;
    if (this.#waitingBytes > this.mostWaitingBytes) await this.#write();
  }

  /** By kind, then by id. */
  async *aggregates(): AsyncGenerator<WholeAggregate> {
    for (const file of [...new Set([...this.#waiting.keys(), ...this.#written])].toSorted()) {
      const bytes = await this.#read(file);
      const found = new Map<string, StoredCommit[]>();
      for (const commit of commitsIn(bytes)) {
        const commits = found.get(commit.subject);
        if (commits === undefined) found.set(commit.subject, [commit]);
        else commits.push(commit);
      }
      const whole = [...found].map(([subject, commits]) => ({ name: parseSubject(subject), commits }));
      yield* whole.toSorted((a, b) => (a.name.id < b.name.id ? -1 : 1));
    }
  }

  async #read(file: string): Promise<Buffer> {
    const written = this.#folder === null || !this.#written.has(file) ? [] : [await readFile(join(this.#folder, file))];
    return Buffer.concat([...written, ...(this.#waiting.get(file) ?? [])]);
  }

  async #write(): Promise<void> {
    this.#folder ??= await mkdtemp(join(this.scratch, 'freehold-replay-'));
    for (const [file, waiting] of this.#waiting) {
      await appendFile(join(this.#folder, file), Buffer.concat(waiting), { mode: 0o600 });
      this.#written.add(file);
    }
    this.#waiting.clear();
    this.#waitingBytes = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#folder !== null) await rm(this.#folder, { recursive: true, force: true });
  }
}

function* commitsIn(bytes: Buffer): Generator<StoredCommit> {
  for (let at = 0; at < bytes.byteLength;) {
    const end = at + LENGTH_BYTES + bytes.readUInt32BE(at);
    const commit = parseCommitLeaf(bytes.subarray(at + LENGTH_BYTES, end));
    if (commit === null) throw new Error('a commit that was written to the scratch folder was changed there');
    const { position, time, subject, body } = commit;
    yield { position, time, subject, commit: decodeCommit(body, position, subject) };
    at = end;
  }
}
