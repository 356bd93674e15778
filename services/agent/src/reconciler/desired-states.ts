import { DesiredState } from '@freehold/provisioning-contract';
import { keysInBucket, log } from '@freehold/platform';
import { Kvm, type KV } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { setTimeout as pause } from 'node:timers/promises';

const DESIRED_BUCKET = 'DESIRED';
const RETRY_MS = 500;
const LIST_TIMEOUT_MS = 10_000;
/** A change that the watch lost is found by then. */
const READ_ALL_MS = 60_000;

export interface DesiredListener {
  desire(desired: DesiredState): Promise<void>;
  release(environment: string): Promise<void>;
  confirmAsked(): Promise<void>;
}

/** Follows the keys of one host in DESIRED: all of them at once at the start and now and then, changes as they come. */
export class DesiredStates {
  readonly #closing = new AbortController();
  #loops: Promise<unknown> = Promise.resolve();
  readonly #known = new Set<string>();

  constructor(
    private readonly connection: NatsConnection,
    private readonly host: string,
    private readonly listener: DesiredListener,
  ) {}

  start(): void {
    this.#loops = Promise.all([this.#forEver(() => this.#watch()), this.#forEver(() => this.#readAllForEver())]);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#loops;
  }

  async #forEver(work: () => Promise<void>): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await work();
      } catch (error) {
        if (!signal.aborted) log().warn({ err: error, bucket: DESIRED_BUCKET }, 'what is desired cannot be read yet');
      }
      await this.#wait(RETRY_MS);
    }
  }

  async #readAllForEver(): Promise<void> {
    const kv = await this.#bounded(this.#bucket());
    const before = [...this.#known]; // what the watch tells from here on is newer than the list
    const keys = new Set<string>();
    for (const key of await this.#bounded(keysInBucket(this.connection, DESIRED_BUCKET, `${this.host}.*`))) {
      const entry = await this.#bounded(kv.get(key));
      if (entry?.operation !== 'PUT') continue;
      keys.add(key);
      await this.#hand(entry.string());
    }
    for (const key of keys) this.#known.add(key);
    for (const key of before) {
      if (keys.has(key)) continue;
      this.#known.delete(key);
      await this.listener.release(this.#environmentOf(key));
    }
    await this.listener.confirmAsked();
    await this.#wait(READ_ALL_MS);
  }

  /** @throws what ended it: the time, or that this is closed */
  async #bounded<Result>(work: Promise<Result>): Promise<Result> {
    const limit = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(LIST_TIMEOUT_MS)]);
    const stop = Promise.withResolvers<never>();
    limit.addEventListener('abort', () => stop.reject(limit.reason), { once: true });
    if (limit.aborted) stop.reject(limit.reason);
    return Promise.race([work, stop.promise]);
  }

  async #watch(): Promise<void> {
    const watched = await (await this.#bucket()).watch({ key: `${this.host}.*` });
    const stop = () => watched.stop();
    this.#closing.signal.addEventListener('abort', stop, { once: true });
    if (this.#closing.signal.aborted) stop();
    try {
      for await (const { key, operation, value } of watched) {
        if (operation === 'PUT') {
          this.#known.add(key);
          await this.#hand(new TextDecoder().decode(value));
        } else {
          await this.listener.release(this.#environmentOf(key));
        }
      }
    } finally {
      this.#closing.signal.removeEventListener('abort', stop);
    }
  }

  async #hand(text: string): Promise<void> {
    const parsed = DesiredState.safeParse(JSON.parse(text));
    if (parsed.success) await this.listener.desire(parsed.data);
    else log().error({ err: parsed.error }, 'a desired state cannot be read; the programs differ in version');
  }

  #environmentOf(key: string): string {
    return key.slice(this.host.length + 1);
  }

  #bucket(): Promise<KV> {
    return new Kvm(this.connection).open(DESIRED_BUCKET, { bindOnly: true });
  }

  async #wait(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }
}
