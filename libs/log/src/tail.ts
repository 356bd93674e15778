import { comparePositions, parsePosition, type Position } from '@freehold/kernel';
import type { Log } from './log.port.js';
import { OnceRead } from './once-read.js';

/** So many commits are kept, for those who are not that far yet. */
const KEPT = 512;
/** Given up at a time: a reader that has not taken them by then is out. */
const GIVEN_UP = KEPT / 4;
/** The most that the slowest reader holds up the others before that: they have 500 commits a second whatever it does. */
const PATIENCE_MS = 250;
/** How much a reader may miss that joins: read in some 50 ms. */
const MOST_MISSED = 2_000;

/** One who reads: where it stands, and whether it is to stop. */
export interface TailReader {
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Number of its next commit. */
  next: number;
  hasEnded: boolean;
  /** Why its log cannot be followed. */
  failure: { readonly cause: unknown } | null;
  /** Stops listening to `signal`. */
  unlisten(): void;
}

interface Following {
  readonly log: Log;
  readonly stop: AbortController;
}

/**
 * The end of the log as one process follows it: the last commits, in order and without gaps, each taken from the log once, and
 * parsed once if at all. Readers stand in it, each in a place of its own.
 *
 *     log.followRaw ──► [after · kept · kept · kept … end]
 *                             ▲ a slow reader       ▲ the others
 *
 * The log of one reader is followed, for all. When it ends or fails, all readers are out, and the first to come back begins
 * anew with its own.
 */
export class Tail {
  /** What follows `after`. */
  #kept: OnceRead[] = [];
  #after: Position = '1:0';
  /** Number of the first commit that is kept; numbers go on for ever. */
  #first = 0;
  #following: Following | null = null;
  readonly #readers = new Set<TailReader>();
  #news = Promise.withResolvers<void>();
  #room: { readonly wanted: number; made(): void } | null = null;

  get #last(): Position {
    return this.#kept.at(-1)?.position ?? this.#after;
  }

  /** Follows the log after this place, unless one is followed already. */
  begin(log: Log, after: Position): void {
    if (this.#following !== null) return;
    this.#first += this.#kept.length;
    this.#kept = [];
    this.#after = after;
    this.#following = { log, stop: new AbortController() };
    void this.#follow(this.#following);
  }

  /** Whether a reader may join that goes on here. */
  isNear(after: Position): boolean {
    return this.#following !== null && !this.isBehind(after) && missingBetween(after, this.#after) <= MOST_MISSED;
  }

  /** Whether it will come to this place, and has not yet. */
  isBehind(after: Position): boolean {
    return this.#following !== null && comparePositions(this.#last, after) < 0;
  }

  /** Resolves when it is not behind this place any more, or `signal` aborts. */
  async reaches(after: Position, signal: AbortSignal): Promise<void> {
    const wake = (): void => this.#tell();
    signal.addEventListener('abort', wake);
    while (!signal.aborted && this.isBehind(after)) await this.#news.promise;
    signal.removeEventListener('abort', wake);
  }

  /**
   * Who joins must leave.
   *
   * @param after a place that it is near to.
   * @returns the reader, and the place after which it reads on here; to there it has to read alone, and not for long.
   */
  join(log: Log, after: Position, signal: AbortSignal): { reader: TailReader; from: Position } {
    const wake = (): void => this.#tell();
    signal.addEventListener('abort', wake);
    const unlisten = (): void => signal.removeEventListener('abort', wake);
    const index = this.#kept.findIndex(({ position }) => comparePositions(position, after) > 0);
    const next = this.#first + (index < 0 ? this.#kept.length : index);
    const reader: TailReader = { log, signal, next, hasEnded: false, failure: null, unlisten };
    this.#readers.add(reader);
    return { reader, from: comparePositions(after, this.#after) < 0 ? this.#after : after };
  }

  /** The next commit; null: it is to stop, or is out. @throws what following its own log threw. */
  async next(reader: TailReader): Promise<OnceRead | null> {
    while (!reader.signal.aborted && !reader.hasEnded && reader.next >= this.#first) {
      const commit = this.#kept[reader.next - this.#first];
      if (commit === undefined) {
        await this.#news.promise;
        continue;
      }
      reader.next += 1;
      this.#makeRoomIfTaken();
      return commit;
    }
    if (reader.failure !== null) throw reader.failure.cause;
    return null;
  }

  leave(reader: TailReader): void {
    reader.unlisten();
    this.#readers.delete(reader);
    this.#makeRoomIfTaken();
    const following = this.#following;
    if (following !== null && ![...this.#readers].some(({ log }) => log === following.log)) this.#end(following, null);
  }

  async #follow(following: Following): Promise<void> {
    const { log, stop } = following;
    try {
      for await (const commit of log.followRaw(this.#after, { signal: stop.signal })) {
        if (this.#following !== following) return;
        this.#kept.push(OnceRead.of(commit));
        this.#tell();
        if (this.#kept.length >= KEPT) await this.#giveUpSome(following);
      }
      this.#end(following, null);
    } catch (cause) {
      this.#end(following, { cause });
    }
  }

  #end(following: Following, failure: TailReader['failure']): void {
    following.stop.abort();
    if (this.#following !== following) return;
    this.#following = null;
    for (const reader of this.#readers) {
      reader.hasEnded = true;
      if (reader.log === following.log) reader.failure = failure;
    }
    this.#tell();
  }

  /** The oldest, when the slowest reader has taken them or has had its time. */
  async #giveUpSome(following: Following): Promise<void> {
    const wanted = this.#first + GIVEN_UP;
    if (this.#slowest() < wanted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, PATIENCE_MS);
      this.#room = { wanted, made: resolve };
      await promise;
      this.#room = null;
      clearTimeout(timer);
    }
    if (this.#following !== following) return;
    const givenUp = this.#kept.splice(0, GIVEN_UP);
    this.#after = givenUp.at(-1)?.position ?? this.#after;
    this.#first += givenUp.length;
    this.#tell();
  }

  #makeRoomIfTaken(): void {
    if (this.#room !== null && this.#slowest() >= this.#room.wanted) this.#room.made();
  }

  /** Of those who are not out: one that stands still does not come to know of it. */
  #slowest(): number {
    return Math.min(...[...this.#readers].map(({ next }) => next).filter((next) => next >= this.#first));
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}

/** How many commits follow `after` up to `first`; none if that is earlier. A volume's end is not known here. */
function missingBetween(after: Position, first: Position): number {
  if (comparePositions(after, first) >= 0) return 0;
  const [here, there] = [parsePosition(after), parsePosition(first)];
  return here.volume === there.volume ? there.sequence - here.sequence : Infinity;
}
