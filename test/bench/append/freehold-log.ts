import { createAppender, ensureLogStream, jetStreamLog, subjectOf } from '@freehold/log';
import type { Position } from '@freehold/kernel';
import type { NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { type AppendSystem, commitOf } from './append-system.js';

/** Our log as a service has it: the appender, its checks of every commit, group commit, one connection. */
export async function freeholdLog(connect: () => Promise<NatsConnection>, replicas: 1 | 3 = 1): Promise<AppendSystem> {
  const connection = await connect();
  await ensureLogStream(connection, { replicas });
  const log = jetStreamLog({ connection });
  const { append } = createAppender({ log });
  return {
    name: 'Freehold’s log',
    openStream: () => {
      const operator = randomUUID();
      const subject = subjectOf({ context: 'deployment', operator, aggregate: 'deployment', id: randomUUID() });
      let previous: Position | null = null;
      return async (version) => {
        const result = await append({ subject, commit: commitOf(version, previous), expected: previous });
        if (result.kind !== 'stored') throw new Error('another commit came first');
        previous = result.stored.position;
      };
    },
    stored: async () => Number((await log.head()).split(':')[1]),
    close: () => connection.close(),
  };
}
