/**
 * An export: a copy of a deployment that its operator takes home, as a bag that opens without Freehold. It carries no
 * tenure, and decides nothing about the deployment, which is sealed for the copy and open again before the bag is fetched.
 *
 *     none ─request─► requested ─announce─► ready ─record-erased─► erased
 *       │                 │                   │
 *       └──────undo───────┴───────────────────┴──► undone: also a mark, for what comes late
 *
 * On a crash: nothing is here but a fold of the log.
 */
import { accepted, type Decider, type Decision, refused } from '@freehold/decider';
import type { ExportEvent } from '@freehold/portability-contract';
import { isDeepStrictEqual } from 'node:util';
import * as findings from './export.findings.js';

type Data<Type extends ExportEvent['type']> = Extract<ExportEvent, { type: Type }>['data'];
export type Requested = Data<'portability.export-requested.v1'>;
export type Ready = Data<'portability.export-ready.v1'>;

export type Known = { requested: Requested } & (
  { status: 'requested' } | { status: 'ready' | 'erased'; ready: Ready } | { status: 'undone' }
);
/** `never`: undone before it was asked for. */
export type Export = { status: 'none' } | { status: 'never' } | Known;

export type ExportCommand =
  | { type: 'request'; requested: Requested }
  | { type: 'look' }
  | { type: 'announce'; ready: Ready }
  | { type: 'record-erased'; at: string }
  | { type: 'undo' };

const evolve = (state: Export, event: ExportEvent): Export => {
  switch (event.type) {
    case 'portability.export-requested.v1':
      return { status: 'requested', requested: event.data };
    case 'portability.export-ready.v1':
      return 'requested' in state ? { status: 'ready', requested: state.requested, ready: event.data } : state;
    case 'portability.export-erased.v1':
      return state.status === 'ready' ? { ...state, status: 'erased' } : state;
    case 'portability.export-undone.v1':
      return 'requested' in state ? { status: 'undone', requested: state.requested } : { status: 'never' };
  }
};

const decide = (command: ExportCommand, state: Export): Decision<ExportEvent> => {
  if (command.type === 'request') return request(command.requested, state);
  if (command.type === 'undo') return undo(state);
  if (state.status === 'none' || state.status === 'never' || state.status === 'undone')
    return refused(findings.exportEnded);
  switch (command.type) {
    case 'look':
      return state.status === 'requested' ? accepted() : refused(findings.exportEnded);
    case 'announce':
      if (state.status === 'erased') return refused(findings.exportEnded);
      if (state.status === 'ready') return accepted();
      return accepted({ type: 'portability.export-ready.v1', data: command.ready });
    case 'record-erased':
      if (state.status === 'requested') return refused(findings.exportNotReady);
      if (state.status === 'erased') return accepted();
      return accepted({ type: 'portability.export-erased.v1', data: { at: command.at } });
  }
};

const request = (requested: Requested, state: Export): Decision<ExportEvent> => {
  if (state.status === 'none') return accepted({ type: 'portability.export-requested.v1', data: requested });
  const isSame = 'requested' in state && isDeepStrictEqual(state.requested, requested);
  return isSame ? accepted() : refused(findings.exportDiffers);
};

/** What was fetched meanwhile is its operator's. */
const undo = ({ status }: Export): Decision<ExportEvent> => {
  if (status === 'never' || status === 'undone') return accepted();
  return accepted({ type: 'portability.export-undone.v1', data: {} });
};

export const exportDecider: Decider<Export, ExportCommand, ExportEvent> = {
  initialState: () => ({ status: 'none' }),
  evolve,
  decide,
};
