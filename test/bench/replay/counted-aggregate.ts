import { type Commit, event, type EventCatalogue, type Position } from '@freehold/kernel';
import { createAppender, ensureLogStream, jetStreamLog, type Log, subjectOf } from '@freehold/log';
import { resourceProjection, type ViewRow } from '@freehold/projection';
import type { NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { EVENT_DATA } from '../append/append-system.js';

/** Deployments that are reconfigured again and again: one event of about 330 bytes a commit, ten commits an aggregate. */
export const EVENT = 'deployment.reconfigured.v1';
export const PER_AGGREGATE = 10;
const WRITERS = 1_000;

const contract = event(
  EVENT,
  z.object({
    application: z.string(),
    release: z.string(),
    configuration: z.object({ name: z.string(), registration: z.string(), mediaBytes: z.number() }),
    environment: z.uuid(),
    note: z.string(),
  }),
);
interface Reconfigured {
  type: typeof EVENT;
  data: typeof EVENT_DATA;
}

export interface CountedRow extends ViewRow {
  application: string;
  name: string;
  times: number;
}

/** What both sides fold. */
export const counted = (row: CountedRow | null, id: string, data: typeof EVENT_DATA): CountedRow => ({
  id,
  application: data.application,
  name: data.configuration.name,
  times: (row?.times ?? 0) + 1,
});

const source: EventCatalogue<Reconfigured> = {
  context: 'deployment',
  aggregate: 'deployment',
  events: [contract],
};

export const countedProjection = resourceProjection<CountedRow, Reconfigured>({
  name: 'counted',
  version: 1,
  of: source,
  evolve: (row, { subject, data }) => counted(row, subject.id, data),
});

/** A log with so many commits, appended by many writers at once, so that the aggregates' commits lie between one another. */
export async function filledLog(connection: NatsConnection, commits: number): Promise<Log> {
  await ensureLogStream(connection);
  const log = jetStreamLog({ connection });
  const { append } = createAppender({ log });
  let left = commits;
  const write = async (): Promise<void> => {
    while (left > 0) {
      const subject = subjectOf({
        context: 'deployment',
        operator: randomUUID(),
        aggregate: 'deployment',
        id: randomUUID(),
      });
      let previous: Position | null = null;
      for (let version = 1; version <= PER_AGGREGATE && left > 0; version += 1) {
        left -= 1;
        const stored = await append({ subject, commit: commitOf(version, previous), expected: previous });
        if (stored.kind !== 'stored') throw new Error('another commit came first');
        previous = stored.stored.position;
      }
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  return log;
}

const commitOf = (version: number, previous: Position | null): Commit => ({
  version,
  previous,
  at: new Date().toISOString(),
  actor: { kind: 'system', id: 'bench' },
  command: { id: randomUUID(), name: 'deployment.reconfigure', digest: '9f86d081884c7d659a2feaa0c55ad015' },
  cause: null,
  correlation: randomUUID(),
  events: [{ type: EVENT, data: EVENT_DATA }],
});
