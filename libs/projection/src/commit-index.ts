import { type Actor, type ContextName, type DomainEvent, parsePosition, type Position } from '@freehold/kernel';
import { subjectOf } from '@freehold/log';
import type { Projection } from './projection.js';
import { viewEntity } from './view-entity.js';

/** One commit of the log; `id` is its position. */
export interface IndexedCommit {
  id: Position;
  volume: number;
  sequence: number;
  /** The stream's, ns since 1970 as a decimal string. */
  time: string;
  subject: string;
  context: ContextName;
  operator: string;
  aggregate: string;
  aggregateId: string;
  version: number;
  types: readonly string[];
  commandId: string;
  actor: Actor;
}

/** The index of every commit: what histories and instants are found by. It reads no event's data, so it knows every type. */
export const commitIndex: Projection<IndexedCommit, DomainEvent> = {
  name: 'commit-index',
  version: 1,
  source: { context: '*', aggregate: '*' },
  read: (stored) => stored.commit.events,
  key: (event) => event.position,
  evolve: (row, event) => {
    if (row !== null) return { ...row, types: [...row.types, event.type] };
    const { position, subject, time, version, commandId, actor } = event;
    const { context, operator, aggregate, id: aggregateId } = subject;
    return {
      ...{ id: position, ...parsePosition(position), time, subject: subjectOf(subject) },
      ...{ context, operator, aggregate, aggregateId, version, types: [event.type], commandId, actor },
    };
  },
};

export const commitIndexView = viewEntity(commitIndex, {
  columns: {
    volume: { type: 'integer', value: (row) => row.volume },
    sequence: { type: 'bigint', value: (row) => String(row.sequence) },
    time: { type: 'bigint', value: (row) => row.time },
    subject: { type: 'text', value: (row) => row.subject },
    commandId: { type: 'text', value: (row) => row.commandId },
  },
  indexes: [
    ['volume', 'sequence'],
    ['operator', 'volume', 'sequence'],
    ['subject', 'volume', 'sequence'],
  ],
});
