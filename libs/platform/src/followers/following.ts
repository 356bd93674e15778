import type { Position, StoredCommit } from '@freehold/kernel';
import { type Log, OnceRead, subjectMatcher, UnreadableCommit } from '@freehold/log';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { log as logger, withLogContext } from '../logging/logging.js';
import { inSpan, SpanKind } from '../tracing/span.js';
import { BookmarkWriter } from './bookmark-writer.js';
import type { Bookmarks, ParkedAggregate } from './bookmarks.js';
import { dispositionOf, retryPauseMs } from './disposition.js';
import type { FollowerRequest, FollowerSettings } from './follower.decorator.js';
import { Lanes } from './lanes.js';
import { Progress } from './progress.js';

export interface FollowingOptions {
  settings: FollowerSettings;
  ask: (request: FollowerRequest) => Promise<unknown>;
  log: Log;
  bookmarks: Bookmarks;
  writeEvery: number;
  writeAfterMs: number;
}

/** Commits that are read ahead of the first unfinished one. */
const AHEAD = 256;
/** Commits before others have a turn: what has come already is otherwise handled at one go, and nobody is answered meanwhile. */
const AT_ONCE = 16;

/**
 * One follower at work: log → lanes (in order per aggregate, several at once) → handler, and behind it the bookmark.
 *
 * Invariants: the bookmark never passes a commit that is neither handled nor parked; nothing of a parked aggregate is
 * handled before it is resumed. On a crash the commits after the bookmark are handled again.
 */
export class Following {
  readonly #aborted = new AbortController();
  readonly #parked = new Map<string, ParkedAggregate>();
  readonly #lanes: Lanes;
  readonly #writer: BookmarkWriter;
  #progress = new Progress(null);
  #running: Promise<void> = Promise.resolve();
  #stoppedBecause: string | null = null;
  /** The last commit that was taken. */
  #after: Position = '1:0';

  constructor(private readonly options: FollowingOptions) {
    const { settings } = options;
    this.#lanes = new Lanes(settings.concurrency, AHEAD);
    this.#writer = new BookmarkWriter({
      ...options,
      follower: settings.name,
      reached: () => this.#progress.reached,
      limit: async () => (settings.limits ? ((await options.ask({ kind: 'limit' })) as Position | null) : null),
    });
  }

  start(): void {
    this.#running = withLogContext({ follower: this.options.settings.name }, () => this.#run());
  }

  async stop(): Promise<void> {
    this.#aborted.abort();
    await this.#running;
    await this.#lanes.idle();
    await this.#writer.close();
  }

  parked(): readonly ParkedAggregate[] {
    return [...this.#parked.values()];
  }

  status() {
    return { position: this.#progress.reached, stopped: this.#stoppedBecause, parked: [...this.#parked.values()] };
  }

  async resume(subject: string): Promise<boolean> {
    const aside = this.#parked.get(subject);
    if (aside === undefined) return false;
    await this.#lanes.run(subject, async () => {
      const commits = await this.#commitsFrom(subject, aside.position);
      this.#parked.delete(subject);
      for (const commit of commits) {
        if (!this.#parked.has(subject)) await this.#handle(commit);
      }
      if (!this.#parked.has(subject)) await this.options.bookmarks.unpark(this.options.settings.name, subject);
    });
    return true;
  }

  async #run(): Promise<void> {
    const started = await this.#untilDone('the start', () => this.#begin());
    if (started === undefined) return;
    this.#after = started;
    for (let tries = 1; this.#goesOn; tries += 1) {
      const before = this.#after;
      try {
        await this.#follow();
      } catch (error) {
        if (this.#after !== before) tries = 1;
        await this.#interrupted(error, tries);
      }
    }
  }

  get #goesOn(): boolean {
    return !this.#aborted.signal.aborted && this.#stoppedBecause === null;
  }

  async #follow(): Promise<void> {
    const { log, settings } = this.options;
    const commits = log.follow(this.#after, { signal: this.#aborted.signal, filter: settings.filter });
    for await (const commit of inTurns(commits)) {
      this.#after = commit.position;
      await this.#take(commit);
      if (!this.#goesOn) return;
    }
  }

  async #interrupted(error: unknown, tries: number): Promise<void> {
    if (error instanceof UnreadableCommit) {
      this.#after = error.position;
      this.#progress.begin(error.position);
      await this.#giveUp(error.subject, error.position, error);
      return;
    }
    logger().error({ err: error }, 'following was interrupted; it goes on');
    await this.#pause(tries);
  }

  /** Reads bookmark and what is parked; lets the handler catch up in one go if it wants to. */
  async #begin(): Promise<Position> {
    const { bookmarks, settings, log, ask } = this.options;
    const { position } = await this.#writer.read();
    for (const aside of await bookmarks.parked(settings.name)) this.#parked.set(aside.subject, aside);
    const from: Position = position ?? '1:0';
    if (!settings.resumes) {
      this.#progress = new Progress(position);
      return from;
    }
    const head = await log.head();
    await ask({ kind: 'resume', commits: inTurns(unread(log, { from, to: head, filter: settings.filter })) });
    this.#progress = new Progress(head);
    // Else a follower for whom nothing comes reads all of it again after a crash.
    this.#writer.moved();
    return head;
  }

  async #take(commit: StoredCommit): Promise<void> {
    this.#progress.begin(commit.position);
    await this.#lanes.room(this.#aborted.signal);
    void this.#lanes.run(commit.subject, () => this.#handle(commit));
  }

  async #handle(commit: StoredCommit): Promise<void> {
    const { position, subject } = commit;
    for (let tries = 1; !this.#aborted.signal.aborted; tries += 1) {
      if (this.#parked.has(subject)) return this.#finish(position);
      try {
        await this.#deliver(commit);
        return this.#finish(position);
      } catch (error) {
        const disposition = dispositionOf(error, tries);
        logger().warn({ err: error, position, subject, tries, disposition }, 'a commit could not be handled');
        if (disposition === 'give-up') return this.#giveUp(subject, position, error);
        await this.#pause(tries);
      }
    }
  }

  #deliver(commit: StoredCommit): Promise<unknown> {
    const { correlation } = commit.commit;
    const attributes = { 'freehold.position': commit.position };
    return withLogContext({ correlation, position: commit.position }, () =>
      inSpan(`follow ${this.options.settings.name}`, { kind: SpanKind.CONSUMER, attributes }, () =>
        this.options.ask({ kind: 'commit', commit }),
      ),
    );
  }

  async #giveUp(subject: string, position: Position, error: unknown): Promise<void> {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const { settings, bookmarks } = this.options;
    if (!settings.parks) {
      this.#stoppedBecause = `at ${position}: ${reason}`;
      logger().error({ err: error, position, subject }, 'the follower stops; a new program may read on');
      this.#aborted.abort();
      return;
    }
    const aside = { subject, position, reason, at: new Date().toISOString() };
    this.#parked.set(subject, aside);
    logger().error({ err: error, position, subject }, 'the aggregate is parked; staff resume it');
    const kept = await this.#untilDone('parking', () => bookmarks.park(settings.name, aside).then(() => true));
    if (kept === true) this.#finish(position);
  }

  #finish(position: Position): void {
    this.#progress.finish(position);
    this.#writer.moved();
  }

  /** Undefined when stopped before it was done. */
  async #untilDone<Result>(what: string, act: () => Promise<Result>): Promise<Result | undefined> {
    for (let tries = 1; !this.#aborted.signal.aborted; tries += 1) {
      try {
        return await act();
      } catch (error) {
        logger().warn({ err: error, tries }, `${what} failed; it is tried again`);
        await this.#pause(tries);
      }
    }
    return undefined;
  }

  async #pause(tries: number): Promise<void> {
    await pause(retryPauseMs(tries), undefined, { signal: this.#aborted.signal }).catch(() => undefined);
  }

  /** By `previous`, from the last one back: never by a filter. */
  async #commitsFrom(subject: string, first: Position): Promise<StoredCommit[]> {
    const { log } = this.options;
    const found: StoredCommit[] = [];
    let commit = await log.last(subject);
    while (commit !== null) {
      found.unshift(commit);
      if (commit.position === first || commit.commit.previous === null) break;
      commit = await log.read(commit.commit.previous);
    }
    return found;
  }
}

/** Most of what is resumed is none of the handler's business, as their subjects tell it: those are never read. */
async function* unread(log: Log, { from, to, filter }: { from: Position; to: Position; filter: string }) {
  const isWanted = subjectMatcher(filter);
  for await (const batch of log.rangeBatches(from, to))
    for (const raw of batch) if (isWanted(raw.subject)) yield OnceRead.of(raw);
}

async function* inTurns<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item, void, undefined> {
  let handled = 0;
  for await (const item of items) {
    yield item;
    handled += 1;
    if (handled % AT_ONCE === 0) await nextTurn();
  }
}
