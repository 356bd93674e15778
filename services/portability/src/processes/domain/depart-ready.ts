/**
 * What happens before anything stops. Whatever fails here, the target is told that it runs at the source: each undo that
 * says so stands on its own, and none of them waits for a host that is silent.
 */
import { expectTenure, recordReopened } from '@freehold/portability-contract';
import { command, skip } from '@freehold/process';
import { jobEnds, unlessAbandoned } from './await-events.js';
import { eraseMove } from './erase-move.js';

const MINUTE_MS = 60_000;
const READY_MS = 10 * MINUTE_MS;
const PATIENCE_MS = 30 * 24 * 60 * MINUTE_MS;

interface Departing {
  operator: string;
  input: { departure: string; deployment: string; environment: string; host: string; epoch: number };
}

interface Erasing {
  timeoutMs: number;
  keepDigests?: boolean;
  history?: boolean;
  ends?: typeof jobEnds;
}

/** It still is to leave: nobody has given it up meanwhile. */
export const look = ({ operator, input: { departure } }: Departing) =>
  command({ operation: expectTenure, params: { operator }, body: { departure } });

export const sayReopened = ({ operator, input: { departure } }: Departing) =>
  command({ operation: recordReopened, params: { operator }, body: { departure }, timeoutMs: PATIENCE_MS });

/** The host is there: it has thrown away what an earlier attempt may have left. */
export const ready = (departing: Departing) =>
  erase(departing, {
    ...{ timeoutMs: READY_MS, keepDigests: true },
    ends: (wanted) => unlessAbandoned(jobEnds(wanted), { ...departing.input, operator: departing.operator }),
  });

/** A host that was not there was never asked to capture anything. */
export const eraseIfReady = (departing: Departing & { outputs: { ready?: unknown } }) =>
  departing.outputs.ready === undefined ? skip('nothing was captured') : erase(departing, { timeoutMs: PATIENCE_MS });

export function erase({ operator, input: { departure: move, ...input } }: Departing, wanted: Erasing) {
  const { timeoutMs, keepDigests = false, history = false, ends = jobEnds } = wanted;
  return eraseMove(operator, { ...input, move }, { ends, timeoutMs, flags: { keepDigests, history } });
}
