import type { ContextName, ProcessEvent, ProcessRecorded, StoredCommit } from '@freehold/kernel';
import { eventsOf, parseSubject } from '@freehold/log';
import { evolve, processDefinition, type ProcessState, type ProcessTable } from '@freehold/process';
import { type ResourceProjection, viewEntity } from '@freehold/projection';
import { aboutOf, processRecorded, type Started } from './process-recorded.js';

/** Without the process's input: what it is about is enough to show it. */
export interface ProcessRow {
  id: string;
  kind: string;
  deployment: string | null;
  environment: string | null;
  state: Started;
}

const NOT_BEGUN: ProcessState = { status: 'not-begun' };
const RANKS = { stuck: 0, undoing: 1, running: 2, ended: null } as const;
/** Those that have not ended. */
export const OPEN_RANKS = [0, 1, 2] as const;

/** The processes of a context as rows. `rank`: what must be looked at first; null once it has ended. */
export function processView(context: ContextName, tables: readonly ProcessTable[]) {
  const projection = processProjection(context, tables);
  const view = viewEntity(projection, {
    columns: { rank: { type: 'integer', value: ({ state }) => RANKS[state.status] } },
  });
  return { projection, view };
}

function processProjection(
  context: ContextName,
  tables: readonly ProcessTable[],
): ResourceProjection<ProcessRow, ProcessEvent> {
  const read = (stored: StoredCommit): readonly ProcessEvent[] => {
    const { aggregate } = parseSubject(stored.subject);
    const table = tables.find(({ kind }) => kind === aggregate);
    return table === undefined ? [] : eventsOf(processDefinition(table), stored);
  };
  return {
    name: 'process',
    version: 1,
    source: { context, aggregate: '*' },
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
}

/** The table by which a process of this kind and definition is shown: the newest, when the one it began on is gone. */
function tableOf(tables: readonly ProcessTable[], kind: string, definition: number): ProcessTable {
  const ofKind = tables.filter((table) => table.kind === kind);
  const found = ofKind.find((table) => table.definition === definition) ?? ofKind[0];
  if (found === undefined) throw new Error(`there is no table of the process ${kind}; run a version that has it`);
  return found;
}

export const recordedOf = (tables: readonly ProcessTable[], row: ProcessRow, operator: string): ProcessRecorded => {
  const { id, kind, deployment, state } = row;
  return processRecorded(tableOf(tables, kind, state.definition), state, { id, operator, deployment });
};
