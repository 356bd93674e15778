import type { StoredCommit } from '@freehold/kernel';
import {
  AckPolicy,
  type Consumer,
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

interface ConsumerOptions {
  connection: NatsConnection;
  volume: number;
  /** The sequence after which to begin. */
  after: number;
  filter?: string;
}

const PULLED = 1_000;
const PULL_EXPIRES_MS = 10_000;
const HEARTBEAT_MS = 1_000;
const UNUSED_NS = 30e9;
const RANGE_SILENCE_MS = 10_000;

/** @throws LogUnavailable when the connection is closed for good. */
export async function* followVolume(options: VolumeOptions): AsyncGenerator<JsMsg, void, undefined> {
  const { signal } = options;
  const never: Deadline = { leftMs: () => Infinity };
  let { after } = options;
  for (let failures = 0; !signal.aborted;) {
    try {
      for await (const message of delivered({ ...options, after })) {
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

/** The elements after `after` up to `to`, which are there already. @throws LogUnavailable after 10 s of silence. */
export async function* rangeOfVolume({
  to,
  ...options
}: ConsumerOptions & { to: number }): AsyncGenerator<JsMsg, void, undefined> {
  const { after } = options;
  if (after >= to) return;
  const stop = new AbortController();
  // The reader may take its time; that is no silence of the log. One timer: one for each commit costs a fifth of a replay.
  let reading = false;
  const silence = setTimeout(() => (reading ? silence.refresh() : stop.abort()), RANGE_SILENCE_MS);
  try {
    for await (const message of followVolume({ ...options, signal: stop.signal })) {
      reading = true;
      if (message.seq <= to) yield message;
      if (message.seq >= to) return;
      reading = false;
      silence.refresh();
    }
  } finally {
    clearTimeout(silence);
  }
  throw new LogUnavailable(`the commits ${after + 1} to ${to} of volume ${options.volume}`);
}

/** Why one consumer came to its end: not the reader's fault, and not the end of following. */
class Interrupted extends Error {}

/** What one consumer delivers, in order and without gaps, until it is interrupted or `signal` aborts. */
async function* delivered(options: VolumeOptions): AsyncGenerator<JsMsg, void, undefined> {
  const { connection, signal } = options;
  const consumer = await interruptible(() => createConsumer(options));
  const messages = await interruptible(() =>
    consumer.consume({
      max_messages: PULLED,
      expires: PULL_EXPIRES_MS,
      idle_heartbeat: HEARTBEAT_MS,
      abort_on_missing_resource: true,
    }),
  );
  const stop = (): void => messages.stop();
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  void stopWhenSilent(messages);
  const unwatch = stopWhenReconnected(connection, stop);
  // One for all of them: a second one of the same messages is an error to the client, so each would need a consumer.
  const iterator = messages[Symbol.asyncIterator]();
  try {
    for (let expected = 1; ; expected += 1) {
      const next = await interruptible(() => iterator.next());
      if (next.done === true || next.value.info.deliverySequence !== expected) return;
      yield next.value;
    }
  } finally {
    unwatch();
    signal.removeEventListener('abort', stop);
    messages.stop();
    await consumer.delete().catch(() => false);
  }
}

async function createConsumer({ connection, volume, after, filter }: ConsumerOptions): Promise<Consumer> {
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 2_000 });
  const made = await manager.consumers.add(streamOf(volume), {
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: after + 1,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: UNUSED_NS,
    ...(filter === undefined ? {} : { filter_subject: filter }),
  });
  return jetstream(connection).consumers.getConsumerFromInfo(made);
}

async function stopWhenSilent(messages: ConsumerMessages): Promise<void> {
  for await (const status of messages.status()) {
    if (status.type === 'heartbeats_missed' || status.type === 'consumer_deleted') messages.stop();
  }
}

/** What is to be called when a connection comes back or is closed: one loop over its status for all its followers. */
const reconnected = new WeakMap<NatsConnection, Set<() => void>>();

/** A restarted server has forgotten the consumer: do not wait for its heartbeats to be missed. */
function stopWhenReconnected(connection: NatsConnection, stop: () => void): () => void {
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

async function interruptible<Result>(act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (cause) {
    throw new Interrupted('The consumer was interrupted', { cause });
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
