import { log } from '@freehold/platform';
import { PublishedName, PublishedZone, ZONES_BUCKET, ZONES_COMPLETE_KEY } from '@freehold/provisioning-contract';
import { Kvm, type KvWatchEntry } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { setTimeout as pause } from 'node:timers/promises';
import type { ServedZones } from './domain/served-zones.js';

const RETRY_MS = 500;
/** A change that the watch lost is found by then. */
const READ_ALL_MS = 60_000;

/**
 * Keeps what is served equal to the bucket ZONES. A bucket that is being filled again says so by not being complete: until it
 * is, nothing is forgotten.
 */
export class ZoneFollower {
  readonly #closing = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #isAway = false;

  /** @param settled called when all that is published was read, and after every change since; never twice at once. */
  constructor(
    private readonly connection: NatsConnection,
    private readonly zones: ServedZones,
    private readonly settled: () => Promise<void>,
  ) {}

  start(): void {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.#readAndWatch();
      } catch (error) {
        if (!signal.aborted) this.#interrupted(error);
        await pause(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Said once, not with every try. */
  #interrupted(error: unknown): void {
    if (!this.#isAway) log().warn({ err: error, bucket: ZONES_BUCKET }, 'zones cannot be read; what was known serves');
    this.#isAway = true;
  }

  /** Everything, then changes for a while. */
  async #readAndWatch(): Promise<void> {
    const bucket = await new Kvm(this.connection).open(ZONES_BUCKET, { bindOnly: true });
    const watched = await bucket.watch();
    this.#isAway = false;
    const stop = () => watched.stop();
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(READ_ALL_MS)]);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const seen = new Set<string>();
    let hasReadAll = false;
    try {
      for await (const entry of watched) {
        this.#take(entry);
        if (entry.operation === 'PUT') seen.add(entry.key);
        if (entry.delta !== 0) continue;
        if (!hasReadAll && seen.has(ZONES_COMPLETE_KEY)) this.zones.keepOnly(seen);
        hasReadAll = true;
        await this.settled();
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  #take({ key, operation, value }: KvWatchEntry): void {
    if (operation === 'PUT') return putEntry(this.zones, key, new TextDecoder().decode(value));
    this.zones.delete(key);
  }
}

/** One entry, as the bucket has it and as it lies on disk. What cannot be read changes nothing. */
export function putEntry(zones: ServedZones, key: string, text: string): void {
  if (key === ZONES_COMPLETE_KEY) return;
  const isZone = key.startsWith('zone.');
  const parsed = isZone ? PublishedZone.safeParse(jsonOf(text)) : PublishedName.safeParse(jsonOf(text));
  if (!parsed.success) {
    log().error({ err: parsed.error, entry: key }, 'what is published cannot be read; the programs differ in version');
  } else if ('zone' in parsed.data) {
    zones.putZone(key, parsed.data);
  } else {
    zones.putName(key, parsed.data);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
