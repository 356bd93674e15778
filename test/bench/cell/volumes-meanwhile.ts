import { beginVolume, isNearlyFull, volumeStates } from '@freehold/log';
import type { NatsConnection } from '@nats-io/transport-node';
import { setTimeout as wait } from 'node:timers/promises';

const LOOK_EVERY_MS = 1_000;

/** Begins the log's volumes while a bench fills it, which `up` does otherwise; each as large as the one before it. */
export async function withVolumes<Result>(connection: NatsConnection, fill: () => Promise<Result>): Promise<Result> {
  const filled = new AbortController();
  const [result] = await Promise.all([fill().finally(() => filled.abort()), beginUntil(filled.signal, connection)]);
  return result;
}

async function beginUntil(filled: AbortSignal, connection: NatsConnection): Promise<void> {
  while (!filled.aborted) {
    const newest = (await volumeStates(connection)).at(-1);
    if (newest !== undefined && isNearlyFull(newest)) {
      const ended = await beginVolume(connection, { maxBytes: newest.maxBytes });
      if (ended.kind !== 'begun') throw new Error(ended.findings.map(({ detail }) => detail).join(' '));
    }
    await wait(LOOK_EVERY_MS, undefined, { signal: filled }).catch(() => undefined);
  }
}
