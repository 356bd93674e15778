import { createAppender, ensureLogStream, jetStreamLog, subjectOf } from '@freehold/log';
import type { Commit, Position } from '@freehold/kernel';
import { randomUUID } from 'node:crypto';
import { type AppendSystem, EVENT_DATA, EVENT_TYPE } from './append-system.js';
import type { DurableGround } from './durable-ground.js';

/** Our log as a service has it: the appender, its checks of every commit, group commit, one connection. */
export async function freeholdLog(ground: DurableGround): Promise<AppendSystem> {
  const connection = await ground.connect();
  await ensureLogStream(connection);
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

const commitOf = (version: number, previous: Position | null): Commit => ({
  version,
  previous,
  at: new Date().toISOString(),
  actor: { kind: 'system', id: 'bench' },
  command: { id: randomUUID(), name: 'deployment.order', digest: '9f86d081884c7d659a2feaa0c55ad015' },
  cause: null,
  correlation: randomUUID(),
  events: [{ type: EVENT_TYPE, data: EVENT_DATA }],
});
