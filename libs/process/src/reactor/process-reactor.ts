import { type AggregateName, type Position } from '@freehold/kernel';
import { parseSubject, UnknownEvent, UnreadableCommit } from '@freehold/log';
import { z } from 'zod';
import type { ProcessTable } from '../process-table.js';
import type { FollowedCommit, ProcessClock, ProcessStore, ProcessTransport, Trouble } from './process-ports.js';
import { proceed } from './step-runner.js';
import { ProcessBookmark, type Tracked } from './tracked-process.js';
import type { Rest, RunnerParts } from './turn.js';
import { WakeHeap } from './wake-heap.js';
import { Watches } from './watches.js';

export interface ReactorOptions {
  /** Every definition that may still be under way; several of one kind differ in `definition`. */
  tables: readonly ProcessTable[];
  store: ProcessStore;
  transport: ProcessTransport;
  clock: ProcessClock;
  onTrouble?: (trouble: Trouble) => void;
  /** Processes that are acted on at once; those that wait do not count. Default 16. */
  concurrency?: number;
  /** Default: 200 ms, doubling, at most 30 s. */
  backoffMs?: (tries: number) => number;
}

const defaultBackoffMs = (tries: number): number => Math.min(30_000, 200 * 2 ** Math.min(tries - 1, 10));

export const processReactor = (options: ReactorOptions): ProcessReactor => new ProcessReactor(options);

/**
 * Drives processes: reads what is recorded, does the next thing, records what came of it. Holds nothing that the log
 * does not: thrown away at any moment and built again (`resumeAll`), it goes on. Many processes at once, each one step
 * at a time; two reactors at once do no harm, since both send the same commands and the log takes one record.
 *
 *     follower ──onCommit──► wake ──► load ► nextAction ► send ► record ──► sleep | stuck | ended
 *                             ▲ heap of timers, awaited events               │
 *                             └──────────────────────────────────────────────┘
 */
export class ProcessReactor {
  private readonly bookmark = new ProcessBookmark();
  private readonly tracked = new Map<string, Tracked>();
  private readonly watches = new Watches();
  private readonly heap: WakeHeap;
  private readonly parts: RunnerParts;
  private readonly queue = new Set<string>();
  private readonly active = new Map<string, Promise<void>>();
  private stopped = false;

  constructor(private readonly options: ReactorOptions) {
    const { store, transport, clock, backoffMs = defaultBackoffMs } = options;
    this.parts = { store, transport, clock, watches: this.watches, backoffMs };
    this.heap = new WakeHeap(clock, (key) => this.wake(key));
  }

  /** Every commit of the log, in order, from the bookmark on. Returns at once; the work is done beside it. */
  onCommit(stored: FollowedCommit): void {
    const began = this.note(stored);
    if (began !== null) this.wake(began);
  }

  /** At start: the commits from the bookmark to the head. What is unfinished among them goes on. Answers how many. */
  async resumeAll(commits: AsyncIterable<FollowedCommit>): Promise<number> {
    for await (const stored of commits) this.note(stored);
    for (const key of this.tracked.keys()) this.wake(key);
    return this.tracked.size;
  }

  /** How far the follower's bookmark may be written: before the first commit of every unfinished process. */
  safeBookmark(): Position | null {
    return this.bookmark.safe();
  }

  /** Resolves when every process waits for a time or an event, is stuck, or has ended. */
  async idle(): Promise<void> {
    while (this.active.size > 0) await Promise.all(this.active.values());
  }

  /** Begins nothing more and waits for what is being sent. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.queue.clear();
    this.heap.clear();
    await this.idle();
  }

  /** The key of a process that must be looked at because of this commit, if it is a process's own. */
  private note(stored: FollowedCommit): string | null {
    const { position, subject } = stored;
    this.bookmark.passed(position);
    for (const waiting of this.watches.offer(stored)) this.wake(waiting.key);
    const name = parseSubject(subject);
    if (!this.options.tables.some((table) => isOf(table, name))) return null;
    const { commit } = stored; // read only now: most commits of a log are no process's own
    if (commit.version === 1) this.track(stored, name);
    if (commit.events.some(({ type }) => type.endsWith('.process-ended.v1'))) this.forget(subject);
    const resumed = commit.events.some(({ type }) => type.endsWith('.process-resumed.v1'));
    return (commit.version === 1 || resumed) && this.tracked.has(subject) ? subject : null;
  }

  private track({ position: first, subject: key, commit }: FollowedCommit, name: AggregateName): void {
    const began = FirstEvent.safeParse(commit.events[0]?.data).data;
    const table = this.options.tables.find((each) => isOf(each, name) && each.definition === began?.definition) ?? null;
    const forgotten = { patience: null, sent: null, watch: null, failures: 0 };
    if (!this.tracked.has(key)) {
      this.tracked.set(key, { key, name, table, first, correlation: commit.correlation, ...forgotten });
    }
    this.bookmark.began(key, first);
    if (table === null) {
      const detail = `Definition ${began?.definition} of ${name.aggregate} is not known here; run a version that has it.`;
      this.options.onTrouble?.({ kind: name.aggregate, processId: name.id, state: 'parked', detail });
    }
  }

  private forget(key: string): void {
    const tracked = this.tracked.get(key);
    if (tracked !== undefined) this.watches.close(tracked);
    this.tracked.delete(key);
    this.heap.delete(key);
    this.bookmark.ended(key);
  }

  private wake(key: string): void {
    if (this.stopped) return;
    this.queue.add(key);
    this.pump();
  }

  private pump(): void {
    for (const key of this.queue) {
      if (this.stopped || this.active.size >= (this.options.concurrency ?? 16)) return;
      if (this.active.has(key)) continue;
      this.queue.delete(key);
      const tracked = this.tracked.get(key);
      const table = tracked?.table ?? null;
      if (tracked !== undefined && table !== null) this.active.set(key, this.run(tracked, table));
    }
  }

  private async run(tracked: Tracked, table: ProcessTable): Promise<void> {
    try {
      this.rest(tracked, await proceed(this.parts, tracked, table));
      tracked.failures = 0;
    } catch (cause) {
      this.tryLater(tracked, cause);
    } finally {
      this.active.delete(tracked.key);
      this.pump();
    }
  }

  private rest({ key, name }: Tracked, rest: Rest): void {
    this.heap.delete(key);
    if (rest.kind === 'ended') this.forget(key);
    if (rest.kind === 'sleeps' && rest.untilMs !== null && !this.stopped) this.heap.set(key, rest.untilMs);
    if (rest.kind === 'stuck') {
      const detail = rest.findings.map((finding) => finding.detail).join(' ');
      this.options.onTrouble?.({ kind: name.aggregate, processId: name.id, state: 'stuck', detail });
    }
  }

  /**
   * The log is away, a record was overtaken, or a table has a bug: visible, and tried again for ever. But what cannot be read
   * is not read better later: parked, until a program that can is started, or staff ask.
   */
  private tryLater(tracked: Tracked, cause: unknown): void {
    const { key, name } = tracked;
    tracked.failures += 1;
    // What it has seen happen may not be recorded: the next look reads the histories again.
    this.watches.close(tracked);
    const detail = cause instanceof Error ? cause.message : String(cause);
    const isParked = cause instanceof UnknownEvent || cause instanceof UnreadableCommit;
    const state = isParked ? 'parked' : 'retrying';
    this.options.onTrouble?.({ kind: name.aggregate, processId: name.id, state, detail, cause });
    if (isParked) this.heap.delete(key);
    if (this.stopped || isParked) return;
    this.heap.set(key, this.parts.clock.now().getTime() + this.parts.backoffMs(tracked.failures));
  }
}

const FirstEvent = z.object({ definition: z.int() });

const isOf = (table: ProcessTable, name: AggregateName): boolean =>
  table.context === name.context && table.kind === name.aggregate;
