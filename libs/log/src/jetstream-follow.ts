import type { StoredCommit } from '@freehold/kernel';
import {
  AckPolicy,
  type Consumer,
  type ConsumerInfo,
  type ConsumerMessages,
  DeliverPolicy,
  type JsMsg,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { backOff, type Deadline } from './backoff.js';
import { readCommit } from './commit-encoding.js';
import { LogUnavailable } from './log.errors.js';
import type { RawCommit } from './log.port.js';
import { streamOf } from './volumes.js';

/**
 * Following one volume: an unacknowledged consumer in the server's memory, made anew from the last element seen whenever its
 * numbering has a gap, the server is silent, or the connection was lost. So nothing is lost and nothing repeated, and a
 * follower's only state is its own bookmark.
 */
export interface VolumeOptions extends ConsumerOptions {
  signal: AbortSignal;
}

export interface ConsumerOptions {
  connection: NatsConnection;
  volume: number;
  /** The sequence after which to begin. */
  after: number;
  filter?: string;
}

/** Some fifteen followers of one process may have as many each that are not read yet: more outlive a young generation. */
const CONSUMING = {
  max_messages: 250,
  expires: 10_000, // ms
  idle_heartbeat: 1_000, // ms
  abort_on_missing_resource: true,
};
const UNUSED_NS = 30e9;

/** @throws LogUnavailable when the connection is closed for good. */
export async function* followVolume(options: VolumeOptions): AsyncGenerator<JsMsg, void, undefined> {
  const { signal } = options;
  const never: Deadline = { leftMs: () => Infinity };
  let { after } = options;
  for (let failures = 0; !signal.aborted;) {
    try {
      await using delivery = await Delivery.begin({ ...options, after });
      for (let message = await delivery.next(); message !== undefined; message = await delivery.next()) {
        failures = 0;
        after = message.seq;
        yield message;
      }
    } catch (cause) {
      if (!(cause instanceof Interrupted)) throw cause;
      assertOpen(options, cause);
    }
    failures += 1;
    if (!signal.aborted) await backOff(failures, never);
  }
}

/** Why one consumer came to its end: not the reader's fault, and not the end of following. */
class Interrupted extends Error {
  constructor(cause: unknown) {
    super('The consumer was interrupted', { cause });
  }
}

/**
 * What one consumer delivers, in order and without gaps, until it is interrupted or `signal` aborts. No generator: one within
 * another costs a replay as much as reading a commit does.
 */
class Delivery implements AsyncDisposable {
  readonly #signal: AbortSignal;
  readonly #stop: () => void;
  readonly #unwatch: () => void;
  // One for all messages: a second one of the same messages is an error to the client, so each would need a consumer.
  readonly #iterator: AsyncIterator<JsMsg>;
  #delivered = 0;

  private constructor(
    private readonly consumer: Consumer,
    private readonly messages: ConsumerMessages,
    { connection, signal }: VolumeOptions,
  ) {
    this.#signal = signal;
    this.#stop = () => messages.stop();
    signal.addEventListener('abort', this.#stop);
    if (signal.aborted) this.#stop();
    void stopWhenSilent(messages);
    this.#unwatch = stopWhenReconnected(connection, this.#stop);
    this.#iterator = messages[Symbol.asyncIterator]();
  }

  /** @throws Interrupted */
  static async begin(options: VolumeOptions): Promise<Delivery> {
    try {
      const consumer = await createConsumer(options);
      return new Delivery(consumer, await consumer.consume(CONSUMING), options);
    } catch (cause) {
      throw new Interrupted(cause);
    }
  }

  /** Undefined: it has ended, or there is a gap. @throws Interrupted */
  async next(): Promise<JsMsg | undefined> {
    try {
      const next = await this.#iterator.next();
      this.#delivered += 1;
      return next.done === true || next.value.info.deliverySequence !== this.#delivered ? undefined : next.value;
    } catch (cause) {
      throw new Interrupted(cause);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unwatch();
    this.#signal.removeEventListener('abort', this.#stop);
    this.messages.stop();
    await this.consumer.delete().catch(() => false);
  }
}

async function createConsumer(options: ConsumerOptions): Promise<Consumer> {
  return jetstream(options.connection).consumers.getConsumerFromInfo(await addConsumer(options));
}

/** In the server's memory, which forgets it when nobody asks it any more. */
export async function addConsumer({ connection, volume, after, filter }: ConsumerOptions): Promise<ConsumerInfo> {
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 2_000 });
  return manager.consumers.add(streamOf(volume), {
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: after + 1,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: UNUSED_NS,
    ...(filter === undefined ? {} : { filter_subject: filter }),
  });
}

async function stopWhenSilent(messages: ConsumerMessages): Promise<void> {
  for await (const status of messages.status()) {
    if (status.type === 'heartbeats_missed' || status.type === 'consumer_deleted') messages.stop();
  }
}

/** What is to be called when a connection comes back or is closed: one loop over its status for all its followers. */
const reconnected = new WeakMap<NatsConnection, Set<() => void>>();

/** A restarted server has forgotten the consumer: do not wait for its heartbeats to be missed. */
export function stopWhenReconnected(connection: NatsConnection, stop: () => void): () => void {
  let stops = reconnected.get(connection);
  if (stops === undefined) {
    stops = new Set();
    reconnected.set(connection, stops);
    void watch(connection, stops);
  }
  stops.add(stop);
  return () => stops.delete(stop);
}

async function watch(connection: NatsConnection, stops: ReadonlySet<() => void>): Promise<void> {
  for await (const { type } of connection.status()) {
    if (type === 'reconnect' || type === 'close') for (const stop of [...stops]) stop();
  }
}

function assertOpen({ connection, volume }: ConsumerOptions, interrupted: Interrupted): void {
  if (connection.isClosed())
    throw new LogUnavailable(`the commits of ${streamOf(volume)}`, { cause: interrupted.cause });
}

export const storedOf = (message: JsMsg, volume: number): StoredCommit => readCommit(rawOf(message, volume));

export function rawOf({ seq, timestampNanos, subject, data }: JsMsg, volume: number): RawCommit {
  return { position: `${volume}:${seq}`, time: String(timestampNanos), subject, body: data };
}
