import { AppendRefused, OutcomeUnknown } from './log.errors.js';

/**
 * Group commit in one volume: an fsync takes as long for a thousand commits as for one, so what arrives while a write is under way goes
 * together in the next one, unless it is little. A batch is all or nothing to whoever answers, but nothing relies on it: its commits are of
 * different aggregates, each with its own expectation.
 *
 *     append ─► waiting ─► batch ─► stored ──► each its sequence
 *                  ▲                stale ───► each member's last commit is looked at: overtaken ─► null (conflict)
 *                  ├─ current ───────┘
 *                  └─ in halves ◄── refused ─► alone: AppendRefused
 *                                   silence ─► OutcomeUnknown to all: the appender finds out, one by one
 *
 * Invariants: one write at a time; two commits of one aggregate are never in one batch; every append ends. On a crash
 * nobody was told anything that is not stored.
 */
export interface Write {
  subject: string;
  commandId: string;
  bytes: Uint8Array;
  /** The sequence of the subject's last commit, 0 for none. */
  expected: number;
  headers: Readonly<Record<string, string>>;
}

/** What is known after a write of one or more. All but `stored` and `silence` mean: nothing of it was stored. */
export type WriteAnswer =
  /** The last one's sequence; the others stand right before it, in their order. */
  | { kind: 'stored'; last: number }
  /** An expectation did not hold; whose is not said. */
  | { kind: 'stale' }
  /** The volume takes nothing any more, or nobody takes anything just now. */
  | { kind: 'closed'; cause: unknown }
  /** `code` and `description` as the server has them. */
  | { kind: 'refused'; code: number; description: string; cause?: unknown }
  | { kind: 'silence'; cause: unknown };

/** The log's server. */
export interface Writing {
  write(batch: readonly Write[]): Promise<WriteAnswer>;
  /** Of the subject's last commit, as the leader has it now; 0 for none. */
  lastSequence(subject: string): Promise<number>;
}

export interface BatchLimits {
  /** At most 1,000, the server's limit. */
  commits: number;
  /** Of bodies. */
  bytes: number;
  /** Fewer go one by one. */
  fewest: number;
}

/**
 * Without replicas the server lays out a store on disk for each batch (`newBatchStore`), which is synced too: measured, a
 * batch of whatever size takes as long as 9 plain writes on a quiet disk, and 50 on a busy one.
 */
export const BATCH_LIMITS: BatchLimits = { commits: 1_000, bytes: 4 * 2 ** 20, fewest: 16 };

/** The sequence at which it is stored, null when the expectation does not hold, or why the volume takes nothing. */
export type Appended = number | null | VolumeClosed;

/** Nothing of what was written is stored by this write: the next volume takes it. */
export class VolumeClosed {
  constructor(readonly cause: unknown) {}
}

interface Member {
  write: Write;
  /** The largest batch that it may be part of: what refused a larger one is being searched for. */
  largest: number;
  resolve(appended: Appended): void;
  reject(failure: Error): void;
}

export class GroupCommit {
  #waiting: Member[] = [];
  #writing = false;
  /** The last write was not answered: nobody is to wait for the others' silence one by one. */
  #silent = false;

  constructor(
    private readonly server: Writing,
    private readonly limits: BatchLimits = BATCH_LIMITS,
  ) {}

  /** @throws OutcomeUnknown, AppendRefused. */
  append(write: Write): Promise<Appended> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, largest: this.limits.commits, resolve, reject });
      void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    while (this.#waiting.length > 0) {
      await endOfTurn();
      const batch = this.#take();
      const answer = await this.#write(batch);
      this.#silent = answer.kind === 'silence';
      if (answer.kind === 'stored') this.#stored(batch, answer.last);
      else if (answer.kind === 'stale') void this.#sortOut(batch);
      else if (answer.kind === 'closed') this.#closed(batch, answer.cause);
      else if (answer.kind === 'refused') this.#refused(batch, answer);
      else for (const member of batch) member.reject(unknown(member, answer.cause));
    }
    this.#writing = false;
  }

  /** The next batch: the first that waits, and whoever fits beside it, if they are enough. */
  #take(): Member[] {
    const batch: Member[] = [];
    const left: Member[] = [];
    const subjects = new Set<string>();
    let { commits, bytes } = this.limits;
    for (const member of this.#waiting) {
      const { subject, bytes: body } = member.write;
      const fits = batch.length < Math.min(commits, member.largest) && body.byteLength <= bytes;
      if (batch.length > 0 && (!fits || subjects.has(subject))) {
        left.push(member);
        continue;
      }
      batch.push(member);
      subjects.add(subject);
      commits = Math.min(commits, member.largest);
      bytes -= body.byteLength;
    }
    const taken = batch.length < this.limits.fewest && !this.#silent ? 1 : batch.length;
    this.#waiting = [...batch.slice(taken), ...left];
    return batch.slice(0, taken);
  }

  async #write(batch: readonly Member[]): Promise<WriteAnswer> {
    try {
      return await this.server.write(batch.map(({ write }) => write));
    } catch (cause) {
      return { kind: 'silence', cause };
    }
  }

  #stored(batch: readonly Member[], last: number): void {
    const sequences = new Map<string, number>();
    for (const [index, { write, resolve }] of batch.entries()) {
      const sequence = last - (batch.length - 1 - index);
      sequences.set(write.subject, sequence);
      resolve(sequence);
    }
    // Who still waits with an older expectation has lost already: no batch is to be refused because of it.
    this.#waiting = this.#waiting.filter(({ write, resolve }) => {
      const overtaken = write.expected < (sequences.get(write.subject) ?? 0);
      if (overtaken) resolve(null);
      return !overtaken;
    });
  }

  #closed(batch: readonly Member[], cause: unknown): void {
    const all = [...batch, ...this.#waiting];
    this.#waiting = [];
    for (const member of all) member.resolve(new VolumeClosed(cause));
  }

  /** Never rejects. Others are written meanwhile. */
  async #sortOut(batch: readonly Member[]): Promise<void> {
    const [first] = batch;
    if (batch.length === 1) return first?.resolve(null);
    const found = await Promise.all(
      batch.map(async (member) => ({ member, isCurrent: await this.#isCurrent(member) })),
    );
    const current = found.flatMap(({ member, isCurrent }) => (isCurrent ? [member] : []));
    // None was overtaken as far as the leader has applied: who comes first there is not applied yet. Alone they learn it.
    if (current.length === batch.length) this.#halve(current);
    this.#again(current);
  }

  /** Whether it may be sent again; who may not has been told. */
  async #isCurrent(member: Member): Promise<boolean> {
    try {
      const isCurrent = (await this.server.lastSequence(member.write.subject)) === member.write.expected;
      if (!isCurrent) member.resolve(null);
      return isCurrent;
    } catch (cause) {
      member.reject(unknown(member, cause));
      return false;
    }
  }

  #refused(batch: readonly Member[], { code, description, cause }: WriteAnswer & { kind: 'refused' }): void {
    const [first] = batch;
    if (batch.length === 1) return first?.reject(new AppendRefused(first.write.subject, code, description, { cause }));
    this.#halve(batch);
    this.#again(batch);
  }

  #halve(batch: readonly Member[]): void {
    for (const member of batch) member.largest = Math.ceil(batch.length / 2);
  }

  #again(members: readonly Member[]): void {
    this.#waiting.unshift(...members);
    if (members.length > 0) void this.#writeAll();
  }
}

const unknown = ({ write }: Member, cause: unknown): OutcomeUnknown =>
  new OutcomeUnknown(write.subject, write.commandId, { cause });

/** After all that is ready to run has run: who was answered by the last batch and goes on at once comes into the next. */
const endOfTurn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });
