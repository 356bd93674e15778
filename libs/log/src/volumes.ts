import { type Position, positionOf } from '@freehold/kernel';
import type { NatsConnection } from '@nats-io/transport-node';
import { LRUCache } from 'lru-cache';
import { askCount, askMessage, askStream, type StreamInfo } from './jetstream-request.js';
import { LogUnavailable, VolumeOpen } from './log.errors.js';

/**
 * Volumes bound the growth of a stream: when one has reached its size it is closed for ever and the next begins
 * (begin-volume.ts; docs/adr 0032). Here is what a reader and writer of the log knows of them.
 *
 *     LOG_1 closed ── LOG_2 closed ── LOG_3 open: owns `log.>` ── (LOG_4 prepared: owns its reserve only)
 *
 * Invariants: that a volume has begun means that all before it are final. So what is found in them stays true for ever and
 * is kept in memory; and whoever asks, after a question was put, whether the next volume has begun, and hears no, knows that
 * the newest one it knows was the newest then.
 */

/** Services may read and write so many, from the first on (log-permissions.ts). */
export const MOST_VOLUMES = 64;
/** All that is appended. Owned by the one volume that is open. */
export const LOG_SUBJECTS = 'log.>';

export const streamOf = (volume: number): string => `LOG_${volume}`;
/** What a volume owns while it is not open: before it has begun, and when it is closed. Nobody but the administrator may publish it. */
export const reserveOf = (volume: number): string => `log-volume.${volume}`;

/** Closed, or open now. A prepared one has not begun. */
export const hasBegun = ({ config }: StreamInfo): boolean =>
  config['sealed'] === true || (Array.isArray(config['subjects']) && config['subjects'].includes(LOG_SUBJECTS));

const LOOK_EVERY_MS = 1_000;
const KNOWN_SUBJECTS = 5_000;

/** Commits of one subject, in volumes that are final: how many, and where the last one stands. */
export interface HeldBefore {
  readonly count: number;
  readonly position: Position | null;
}

const NOTHING: HeldBefore = { count: 0, position: null };

export class Volumes {
  /** 0: not looked yet. */
  #newest = 0;
  readonly #ends = new Map<number, number>();
  readonly #before = new LRUCache<string, { volume: number; held: HeldBefore }>({ max: KNOWN_SUBJECTS });
  readonly #waiting = new Set<{ volume: number; begun: () => void }>();
  #looking: NodeJS.Timeout | undefined;

  constructor(private readonly connection: NatsConnection) {}

  /** The newest volume that is known; the server's answer if none is, or none so late as `wanted`. */
  async newest(wanted = 1): Promise<number> {
    return this.#newest >= wanted ? this.#newest : this.look();
  }

  /** The newest volume, as the server has it now. @throws LogUnavailable. */
  async look(): Promise<number> {
    let volume = Math.max(this.#newest, 1);
    while (volume < MOST_VOLUMES && (await this.#isThere(volume + 1))) volume += 1;
    this.#newest = Math.max(this.#newest, volume);
    for (const each of [...this.#waiting]) if (each.volume <= this.#newest) each.begun();
    return this.#newest;
  }

  /** The last sequence of a volume that is closed. @throws LogUnavailable, VolumeOpen. */
  async endOf(volume: number): Promise<number> {
    const known = this.#ends.get(volume);
    if (known !== undefined) return known;
    const info = await askStream(this.connection, streamOf(volume));
    if (info === null) throw new LogUnavailable(streamOf(volume));
    if (info.config['sealed'] !== true) throw new VolumeOpen(volume);
    this.#ends.set(volume, info.state.last_seq);
    return info.state.last_seq;
  }

  /** What the volumes before one that has begun hold of a subject. @throws LogUnavailable, VolumeOpen. */
  async before(subject: string, volume: number): Promise<HeldBefore> {
    if (volume === 1) return NOTHING;
    const known = this.#before.get(subject);
    if (known?.volume === volume) return known.held;
    const closed = Array.from({ length: volume - 1 }, (_, index) => index + 1);
    const counts = await Promise.all(closed.map((each) => this.#countIn(each, subject)));
    const last = counts.findLastIndex((count) => count > 0) + 1;
    const count = counts.reduce((sum, each) => sum + each, 0);
    const held = last === 0 ? NOTHING : { count, position: await this.#lastIn(last, subject) };
    this.#before.set(subject, { volume, held });
    return held;
  }

  async #countIn(volume: number, subject: string): Promise<number> {
    await this.endOf(volume);
    return askCount(this.connection, streamOf(volume), subject);
  }

  async #lastIn(volume: number, subject: string): Promise<Position> {
    const found = await askMessage(this.connection, streamOf(volume), { last_by_subj: subject });
    if (found === null) throw new LogUnavailable(`${streamOf(volume)} for what it counted of ${subject}`);
    return positionOf({ volume, sequence: found.sequence });
  }

  /** Aborts when a volume has begun: seen by who appends at once, and by looking every second. Looks until it is disposed of. */
  begun(volume: number): Disposable & { signal: AbortSignal } {
    const stop = new AbortController();
    const waiting = { volume, begun: () => stop.abort() };
    this.#waiting.add(waiting);
    this.#looking ??= setInterval(() => void this.look().catch(() => undefined), LOOK_EVERY_MS).unref();
    if (this.#newest >= volume) stop.abort();
    const dispose = (): void => {
      this.#waiting.delete(waiting);
      if (this.#waiting.size > 0) return;
      clearInterval(this.#looking);
      this.#looking = undefined;
    };
    return { signal: stop.signal, [Symbol.dispose]: dispose };
  }

  async #isThere(volume: number): Promise<boolean> {
    const info = await askStream(this.connection, streamOf(volume));
    return info !== null && hasBegun(info);
  }
}
