import type { ProcessEvent, StoredCommit } from '@freehold/kernel';
import { eventsOf, parseSubject } from '@freehold/log';
import type { Resource } from '@freehold/platform';
import { evolve, processDefinition, type ProcessState } from '@freehold/process';
import { type ResourceProjection, viewEntity } from '@freehold/projection';
import type { Observations } from '../../observations.js';
import { aboutOf, processRecorded, type Recorded, type Started } from '../domain/process-recorded.js';
import { PROCESS_TABLES, tableOf } from '../process-tables.js';

/** Without the process's input: what it is about is enough to show it. */
interface ProcessRow {
  id: string;
  kind: string;
  deployment: string | null;
  environment: string | null;
  state: Started;
}

const read = (stored: StoredCommit): readonly ProcessEvent[] => {
  const { aggregate } = parseSubject(stored.subject);
  const table = PROCESS_TABLES.find(({ kind }) => kind === aggregate);
  return table === undefined ? [] : eventsOf(processDefinition(table), stored);
};

const NOT_BEGUN: ProcessState = { status: 'not-begun' };

export const processProjection: ResourceProjection<ProcessRow, ProcessEvent> = {
  name: 'process',
  version: 1,
  source: { context: 'deployment', aggregate: '*' },
  read,
  key: (event) => event.subject.id,
  evolve: (row, event) => {
    const state = evolve(row?.state ?? NOT_BEGUN, event);
    if (state.status === 'not-begun') return null;
    const about = row ?? { deployment: null, environment: null, ...aboutOf(state.input) };
    const { deployment, environment } = about;
    return {
      id: event.subject.id,
      kind: event.subject.aggregate,
      deployment,
      environment,
      state: { ...state, input: null },
    };
  },
  ofOneAggregate: true,
};

/** `rank`: what must be looked at first; null once it has ended. */
export const processView = viewEntity(processProjection, {
  columns: { rank: { type: 'integer', value: ({ state }) => RANKS[state.status] } },
});
const RANKS = { stuck: 0, undoing: 1, running: 2, ended: null } as const;
/** Those that have not ended. */
export const OPEN_RANKS = [0, 1, 2] as const;

export const recordedOf = ({ id, kind, deployment, state }: ProcessRow, operator: string): Recorded => {
  const table = tableOf(kind, state.definition);
  if (table === undefined) throw new Error(`there is no table of the process ${kind}; run a version that has it`);
  return processRecorded(table, state, { id, operator, deployment });
};

export const processResource = (
  observations: Observations,
): Resource<ProcessRow, Recorded, { activity: string | null }> => ({
  view: processView,
  projection: processProjection,
  recorded: recordedOf,
  observed: ({ environment, state }) => activityOf(observations, environment, state),
});

/** What an agent is doing for a process that goes on. */
export async function activityOf(observations: Observations, environment: string | null, state: ProcessState) {
  if (environment === null || state.status === 'ended') return null;
  return { activity: (await observations.of(environment))?.activity ?? null };
}
