import { join } from 'node:path';
import { planLine, readPlan, type SaidFile } from './fetch-plan.js';
import { LineSpool } from './line-spool.js';
import { bagUnreadable } from './move-failures.js';

const PARTS = 'data/parts/';
const MOST_PARTS = 1_000;
const DOCUMENTS = 'documents';
const SIDE_FILES = 'side files';

/** What a sealed bag's manifest names, read once and kept apart by who asks for it; paths relative to the bag. */
export class SaidPayload implements AsyncDisposable {
  readonly #spools = new Map<string, LineSpool>();

  private constructor(private readonly lists: string) {}

  /** @param lists the folder of the move's lists */
  static async split(payload: AsyncIterable<SaidFile>, lists: string): Promise<SaidPayload> {
    const said = new SaidPayload(lists);
    try {
      for await (const file of payload) await (await said.#spoolFor(file.path)).write(planLine(file));
      for (const spool of said.#spools.values()) await spool.filledBy(() => Promise.resolve());
      return said;
    } catch (error) {
      await said[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Those of which it has files. */
  parts(): string[] {
    return [...this.#spools.keys()].flatMap((key) => (key.endsWith('/') ? [key.slice(0, -1)] : []));
  }

  documents(): AsyncIterable<SaidFile> {
    return this.#read(DOCUMENTS);
  }

  /** What lies beside the parts' folders. */
  sideFiles(): AsyncIterable<SaidFile> {
    return this.#read(SIDE_FILES);
  }

  part(name: string): AsyncIterable<SaidFile> {
    return this.#read(`${name}/`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const spool of this.#spools.values()) await spool[Symbol.asyncDispose]();
  }

  async *#read(key: string): AsyncGenerator<SaidFile> {
    const spool = this.#spools.get(key);
    if (spool !== undefined) yield* readPlan(spool.read());
  }

  async #spoolFor(path: string): Promise<LineSpool> {
    const key = keyOf(path);
    const known = this.#spools.get(key);
    if (known !== undefined) return known;
    if (this.#spools.size > MOST_PARTS) throw bagUnreadable(`it holds more than ${MOST_PARTS} parts`);
    const spool = await LineSpool.create(join(this.lists, `.said-${this.#spools.size}`));
    this.#spools.set(key, spool);
    return spool;
  }
}

/** Of a part: its name and a slash, which no other has. */
function keyOf(path: string): string {
  if (!path.startsWith(PARTS)) return DOCUMENTS;
  const end = path.indexOf('/', PARTS.length);
  return end === -1 ? SIDE_FILES : path.slice(PARTS.length, end + 1);
}
