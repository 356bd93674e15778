/**
 * What both logs say of one move: a fold of its own, written without the services' code, so that it disagrees with them if
 * one of them is wrong. Pure.
 */
import type { StoredCommit } from '@freehold/kernel';
import { parseSubject } from '@freehold/log';

export interface ProcessSeen {
  readonly kind: string;
  /** `under-way`, `stuck`, or how it ended. */
  readonly state: string;
  /** It waits for the time of this step. */
  readonly timer: string | null;
  /** Of its end, its being stuck, or the step that failed. */
  readonly findings: readonly unknown[];
  readonly environment: string | null;
}

export interface MoveLedger {
  /** Last event of the departure, without context and version; null: never granted. */
  readonly departure: string | null;
  readonly processes: ReadonlyMap<string, ProcessSeen>;
}

const KINDS = ['depart', 'arrive'];

/** Of the commits since the move began, of one side. */
export function moveLedgerOf(commits: Iterable<StoredCommit>): MoveLedger {
  const processes = new Map<string, ProcessSeen>();
  let departure: string | null = null;
  for (const { subject, commit } of commits) {
    const { aggregate, id } = parseSubject(subject);
    for (const { type, data } of commit.events) {
      const name = type.split('.')[1] ?? '';
      if (aggregate === 'departure') departure = name;
      if (KINDS.includes(aggregate)) processes.set(id, after(processes.get(id) ?? begun(aggregate), name, data));
    }
  }
  return { departure, processes };
}

const begun = (kind: string): ProcessSeen => ({
  ...{ kind, state: 'under-way', timer: null, findings: [], environment: null },
});

type Data = Readonly<Record<string, unknown>>;

function after(seen: ProcessSeen, name: string, data: Data): ProcessSeen {
  const text = (field: string): string => String(data[field]);
  const findings = Array.isArray(data['findings']) && data['findings'].length > 0 ? data['findings'] : seen.findings;
  if (name === 'process-started') return { ...seen, environment: environmentOf(data['input']) };
  if (name === 'process-ended') return { ...seen, state: text('outcome'), timer: null, findings };
  if (name === 'process-stuck') return { ...seen, state: 'stuck', findings };
  if (name === 'process-resumed') return { ...seen, state: 'under-way' };
  if (name === 'step-failed') return { ...seen, findings, timer: null };
  if (name === 'timer-set') return { ...seen, timer: text('step') };
  return name === 'step-started' ? { ...seen, timer: null } : seen;
}

const environmentOf = (input: unknown): string | null =>
  typeof input === 'object' && input !== null && 'environment' in input ? String(input.environment) : null;

/** Departures that somebody must still carry on. */
const GOING_ON = ['seal-asked', 'seal-published', 'deadline-extended', 'tenure-asked', 'handed-over'];

/** Nothing goes on any more but waiting for the time of erasing; or what would go on is stuck. */
export function isSettled({ a, b }: Readonly<Record<'a' | 'b', MoveLedger>>): boolean {
  const processes = [...a.processes.values(), ...b.processes.values()];
  const rests = processes.every(({ state, timer }) => state !== 'under-way' || timer === 'erase');
  const isOpen = a.departure !== null && GOING_ON.includes(a.departure);
  return rests && (!isOpen || processes.some(({ state }) => state === 'stuck'));
}

export const stuckIn = ({ processes }: MoveLedger): ProcessSeen[] =>
  [...processes.values()].filter(({ state }) => state === 'stuck');

export const isStuck = ({ a, b }: Readonly<Record<'a' | 'b', MoveLedger>>): boolean =>
  stuckIn(a).length + stuckIn(b).length > 0;
