import { HASH_BYTES } from '@freehold/evidence';
import type { NatsConnection } from '@nats-io/transport-node';
import { hash } from 'node:crypto';
import { z } from 'zod';
import { CheckpointStream } from '../evidence/checkpoint-stream.js';
import type { WitnessedStore } from './witnessed-store.port.js';

const Record = z.object({
  origin: z.string(),
  size: z.int().nonnegative(),
  /** In base64. */
  root: z.base64().refine((text) => Buffer.from(text, 'base64').byteLength === HASH_BYTES, 'a hash'),
  text: z.string(),
});

/** In the stream of checkpoints, a subject a log: the last message counts, all are kept. */
export function jetStreamWitnessed(connection: NatsConnection): WitnessedStore {
  const stream = new CheckpointStream(connection);
  return {
    last: async (origin) => {
      const found = await stream.last(subjectOf('witnessed', origin));
      if (found === null) return null;
      const { size, root } = Record.parse(found.value);
      return { state: { size, root: Buffer.from(root, 'base64') }, revision: found.revision };
    },
    keep: async (origin, { size, root, text }, revision) => {
      const record = { origin, size, root: Buffer.from(root).toString('base64'), text };
      return stream.keep(subjectOf('witnessed', origin), record, revision);
    },
    // The first is enough to show it, and whoever signs many fills nothing.
    keepEvidence: async (origin, note) =>
      void (await stream.keep(subjectOf('contradicted', origin), { origin, note }, 0)),
  };
}

const subjectOf = (kind: 'witnessed' | 'contradicted', origin: string): string =>
  `checkpoint.${kind}.${hash('sha256', origin, 'hex')}`;
