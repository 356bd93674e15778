import { subjectOf } from '@freehold/log';
import type { Position } from '@freehold/kernel';
import { jetstream, JetStreamApiError, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { type AppendSystem, commitOf } from './append-system.js';
import { STREAM } from './three-nodes.js';

/** What one does without group commit: the client's own publish, a commit a message, each with its expectation. */
export async function singlePublishes(connect: () => Promise<NatsConnection>): Promise<AppendSystem> {
  const connection = await connect();
  const client = jetstream(connection);
  const manager = await jetstreamManager(connection);

  /** A cluster now and then refuses what it still has under way from before (10164): then one looks, and sends again. */
  const publish = async (subject: string, payload: string, lastSubjectSequence: number): Promise<number> => {
    for (;;) {
      try {
        return (await client.publish(subject, payload, { expect: { lastSubjectSequence } })).seq;
      } catch (error) {
        if (!(error instanceof JetStreamApiError)) throw error;
        const last = await manager.streams.getMessage(STREAM, { last_by_subj: subject });
        if (last?.string() === payload) return last.seq;
        if ((last?.seq ?? 0) !== lastSubjectSequence) throw error;
      }
    }
  };

  return {
    name: 'single publishes',
    openStream: () => {
      const operator = randomUUID();
      const subject = subjectOf({ context: 'deployment', operator, aggregate: 'deployment', id: randomUUID() });
      let sequence = 0;
      return async (version) => {
        const previous: Position | null = sequence === 0 ? null : `1:${sequence}`;
        sequence = await publish(subject, JSON.stringify(commitOf(version, previous)), sequence);
      };
    },
    stored: async () => (await manager.streams.info(STREAM)).state.messages,
    close: () => connection.close(),
  };
}
