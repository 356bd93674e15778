import { subjectOf } from '@freehold/log';
import type { Position } from '@freehold/kernel';
import { jetstream, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { type AppendSystem, commitOf } from './append-system.js';
import { STREAM } from './three-nodes.js';

/** What one does without group commit: the client's own publish, a commit a message, each with its expectation. */
export async function singlePublishes(connect: () => Promise<NatsConnection>): Promise<AppendSystem> {
  const connection = await connect();
  const client = jetstream(connection);
  const manager = await jetstreamManager(connection);
  return {
    name: 'single publishes',
    openStream: () => {
      const operator = randomUUID();
      const subject = subjectOf({ context: 'deployment', operator, aggregate: 'deployment', id: randomUUID() });
      let previous: Position | null = null;
      let lastSubjectSequence = 0;
      return async (version) => {
        const payload = JSON.stringify(commitOf(version, previous));
        const publishing = client.publish(subject, payload, { expect: { lastSubjectSequence } }).then(({ seq }) => seq);
        const seq = await publishing.catch((error: unknown) => storedEarlier(manager, { subject, payload, error }));
        lastSubjectSequence = seq;
        previous = `1:${seq}`;
      };
    },
    stored: async () => (await manager.streams.info(STREAM)).state.messages,
    close: () => connection.close(),
  };
}

/** The client publishes again when it hears nothing, and then meets its own message. @throws the error, when it is another's */
async function storedEarlier(
  manager: JetStreamManager,
  { subject, payload, error }: { subject: string; payload: string; error: unknown },
): Promise<number> {
  const found = await manager.streams.getMessage(STREAM, { last_by_subj: subject });
  if (found?.string() === payload) return found.seq;
  throw error;
}
