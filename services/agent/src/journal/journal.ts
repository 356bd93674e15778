/**
 * What an agent must not forget: per environment the highest generation and tenure epoch it has seen, and
 * the results of its jobs. One file, replaced as a whole.
 *
 * Invariants: neither number ever falls; a repeat of a job is answered from here; what is in the file is
 * whole (it carries its own digest). On a crash: the old file or the new one. A file that is missing on a
 * host that had one, torn or unreadable is not the same as an empty journal: `Journal.open` then says
 * `asked: false`, and the agent starts nothing until it has asked provisioning and called `confirmAsked`.
 *
 *     no file, torn file ──open──▶ must ask ──confirmAsked──▶ asked ──crash, open──▶ asked
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { sweepUnfinished, writeDurably } from './durable-file.js';

/** Desired state's generation and the lineage's tenure epoch. */
export interface Heights {
  readonly generation: number;
  readonly epoch: number;
}

/** A refusal is a value. */
export type Raised =
  | { readonly status: 'raised'; readonly heights: Heights }
  | {
      readonly status: 'refused';
      readonly code: 'generation-outdated' | 'epoch-outdated';
      readonly seen: Heights;
      readonly hint: string;
    };

/** What became of a job. `answer` is the job's own; it must survive JSON, and it holds no secret. */
export interface JobResult {
  readonly outcome: 'done' | 'failed' | 'refused';
  readonly answer: unknown;
}

/** Why the agent has to ask before it starts anything. */
export type MustAsk =
  | { readonly reason: 'new' }
  /** The damaged file was kept beside the journal under this name. */
  | { readonly reason: 'damaged'; readonly detail: string; readonly keptAs: string };

export interface JournalOptions {
  /** Results kept; the oldest go first. Default 2000. */
  readonly jobLimit?: number;
}

const height = z.int().nonnegative();
const content = z.strictObject({
  version: z.literal(1),
  asked: z.boolean(),
  environments: z.record(z.string(), z.strictObject({ generation: height, epoch: height })),
  jobs: z.array(
    z.strictObject({ id: z.string(), outcome: z.enum(['done', 'failed', 'refused']), answer: z.unknown() }),
  ),
});
const envelope = z.strictObject({ sha256: z.string(), journal: z.unknown() });

export class Journal {
  readonly #environments = new Map<string, Heights>();
  readonly #jobs = new Map<string, JobResult>();
  #mustAsk: MustAsk | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly file: string,
    private readonly jobLimit: number,
  ) {}

  /** @param folder made when missing; of one agent only */
  static async open(folder: string, options: JournalOptions = {}): Promise<Journal> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await sweepUnfinished(folder);
    const journal = new Journal(join(folder, 'journal.json'), options.jobLimit ?? 2000);
    await journal.#load();
    return journal;
  }

  /** Undefined: the journal can be trusted. Otherwise start nothing until confirmAsked. */
  get mustAsk(): MustAsk | undefined {
    return this.#mustAsk;
  }

  /** Provisioning has told what is wanted, and raise has been called for each of it. */
  async confirmAsked(): Promise<void> {
    this.#mustAsk = undefined;
    await this.#save();
  }

  seen(environment: string): Heights | undefined {
    return this.#environments.get(environment);
  }

  /** All environments that this agent has ever been told about and not forgotten. */
  environments(): ReadonlyMap<string, Heights> {
    return this.#environments;
  }

  /** Equal heights are raised again without a write. Durable when it resolves. */
  async raise(environment: string, heights: Heights): Promise<Raised> {
    const seen = this.#environments.get(environment) ?? { generation: 0, epoch: 0 };
    if (heights.epoch < seen.epoch) return refused('epoch-outdated', seen);
    if (heights.generation < seen.generation) return refused('generation-outdated', seen);
    if (this.#environments.has(environment) && heights.epoch === seen.epoch && heights.generation === seen.generation) {
      await this.#writing;
      return { status: 'raised', heights: seen };
    }
    const { generation, epoch } = heights;
    this.#environments.set(environment, { generation, epoch });
    await this.#save();
    return { status: 'raised', heights: { generation, epoch } };
  }

  jobResult(id: string): JobResult | undefined {
    return this.#jobs.get(id);
  }

  /** The first result of a job stays: a repeat answers it. Durable when it resolves. */
  async recordJob(id: string, result: JobResult): Promise<JobResult> {
    const first = this.#jobs.get(id);
    if (first !== undefined) {
      await this.#writing;
      return first;
    }
    this.#jobs.set(id, { outcome: result.outcome, answer: result.answer });
    for (const oldest of [...this.#jobs.keys()].slice(0, Math.max(0, this.#jobs.size - this.jobLimit))) {
      this.#jobs.delete(oldest);
    }
    await this.#save();
    return result;
  }

  /** Only once the environment can never be wanted here again under the same id. */
  async forget(environment: string): Promise<void> {
    if (this.#environments.delete(environment)) await this.#save();
  }

  async #load(): Promise<void> {
    let text: string;
    try {
      text = await readFile(this.file, 'utf8');
    } catch (error) {
      if (!isMissing(error)) throw error;
      this.#mustAsk = { reason: 'new' };
      return;
    }
    try {
      this.#accept(parse(text));
    } catch (error) {
      const keptAs = `${this.file}.damaged-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
      await rename(this.file, keptAs);
      this.#mustAsk = { reason: 'damaged', detail: error instanceof Error ? error.message : String(error), keptAs };
    }
  }

  #accept(journal: z.infer<typeof content>): void {
    for (const [id, heights] of Object.entries(journal.environments)) this.#environments.set(id, heights);
    for (const { id, outcome, answer } of journal.jobs) this.#jobs.set(id, { outcome, answer });
    if (!journal.asked) this.#mustAsk = { reason: 'new' };
  }

  /** Writes come one after the other, each with everything known when it begins. */
  #save(): Promise<void> {
    const write = async () => writeDurably(this.file, this.#text());
    const saved = this.#writing.then(write, write);
    this.#writing = saved;
    saved.catch(() => undefined); // told to the caller, and to the next one by trying again
    return saved;
  }

  #text(): string {
    const journal = {
      version: 1,
      asked: this.#mustAsk === undefined,
      environments: Object.fromEntries(this.#environments),
      jobs: [...this.#jobs].map(([id, { outcome, answer }]) => ({ id, outcome, answer: answer ?? null })),
    };
    return JSON.stringify({ sha256: digestOf(journal), journal });
  }
}

function parse(text: string): z.infer<typeof content> {
  const { sha256, journal } = envelope.parse(JSON.parse(text));
  if (digestOf(journal) !== sha256) throw new Error('the journal does not match its digest');
  return content.parse(journal);
}

function digestOf(journal: unknown): string {
  return createHash('sha256').update(JSON.stringify(journal)).digest('hex');
}

function refused(code: 'generation-outdated' | 'epoch-outdated', seen: Heights): Raised {
  const hint = 'something newer was seen already; read the desired state again';
  return { status: 'refused', code, seen, hint };
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
