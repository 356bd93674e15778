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
const KNOWN_FACTS = 20_000;

export class Volumes {
  /** 0: not looked yet. */
  #newest = 0;
  readonly #ends = new Map<number, number>();
  /** By volume and subject. */
  readonly #counts = new LRUCache<string, number>({ max: KNOWN_FACTS });
  readonly #lasts = new LRUCache<string, Position>({ max: KNOWN_FACTS });
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

  /**
   * How many commits of a subject each volume holds, from one on and before another, which has begun.
   * @throws LogUnavailable, VolumeOpen.
   */
  async countsBefore(subject: string, volume: number, from = 1): Promise<number[]> {
    const closed = Array.from({ length: Math.max(0, volume - from) }, (_, index) => from + index);
    return Promise.all(closed.map((each) => this.#countIn(each, subject)));
  }

  /** Where the last of them stands, or null. The server reads a block for it. @throws LogUnavailable, VolumeOpen. */
  async lastBefore(subject: string, volume: number, from = 1): Promise<Position | null> {
    const counts = await this.countsBefore(subject, volume, from);
    const index = counts.findLastIndex((count) => count > 0);
    return index < 0 ? null : this.#lastIn(from + index, subject);
  }

  async #countIn(volume: number, subject: string): Promise<number> {
    const key = `${volume} ${subject}`;
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    await this.endOf(volume);
    const count = await askCount(this.connection, streamOf(volume), subject);
    this.#counts.set(key, count);
    return count;
  }

  async #lastIn(volume: number, subject: string): Promise<Position> {
    const key = `${volume} ${subject}`;
    const known = this.#lasts.get(key);
    if (known !== undefined) return known;
    const found = await askMessage(this.connection, streamOf(volume), { last_by_subj: subject });
    if (found === null) throw new LogUnavailable(`${streamOf(volume)} for what it counted of ${subject}`);
    const position = positionOf({ volume, sequence: found.sequence });
    this.#lasts.set(key, position);
    return position;
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
