import { beginVolume, isNearlyFull, newestVolume, volumeSizeOf } from '@freehold/log';
import type { NatsConnection } from '@nats-io/transport-node';
import { setTimeout as wait } from 'node:timers/promises';

const LOOK_EVERY_MS = 1_000;

/** Begins the log's volumes while a bench fills it, which `up` does otherwise; as large as `up` makes them. */
export async function withVolumes<Result>(connection: NatsConnection, fill: () => Promise<Result>): Promise<Result> {
  const filled = new AbortController();
  const [result] = await Promise.all([fill().finally(() => filled.abort()), beginUntil(filled.signal, connection)]);
  return result;
}

async function beginUntil(filled: AbortSignal, connection: NatsConnection): Promise<void> {
  const newestNow = newestVolume(connection);
  while (!filled.aborted) {
    const newest = await newestNow();
    if (isNearlyFull(newest)) {
      const ended = await beginVolume(connection, { maxBytes: volumeSizeOf(newest.volume + 1) });
      if (ended.kind !== 'begun') throw new Error(ended.findings.map(({ detail }) => detail).join(' '));
    }
    await wait(LOOK_EVERY_MS, undefined, { signal: filled }).catch(() => undefined);
  }
}
