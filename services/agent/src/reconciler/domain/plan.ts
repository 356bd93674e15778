/**
 * What an agent has to do so that an environment becomes what is desired: a function of what is wanted and what is
 * there. The first time, drift, a crash anywhere and a restart of the agent are the same question asked again.
 *
 * Invariants: nothing starts before its configuration is in place; a unit whose specification has not changed is never
 * touched; routes come last when something goes up and go first when it goes down; nothing is asked of an environment
 * of which the backend cannot say what it is.
 *
 *     (desired, actual) ──plan──▶ actions ──executed──▶ observed again ──plan──▶ … ──▶ no actions: it holds
 *
 * `prepare`, `create` and `configure` end a plan, because they change what the rest is decided on.
 */
import type { Want } from '@freehold/provisioning-contract';

export interface DesiredHeights {
  readonly generation: number;
  readonly want: Want;
}

export interface ActualUnit {
  readonly state: 'running' | 'exited' | 'absent';
  /** Of what was started last; null when nothing ever was. */
  readonly specDigest: string | null;
}

/** What was rendered and written last, as the agent's record on disk says. */
export interface ConfiguredUnits {
  readonly generation: number;
  /** In the order in which they start. */
  readonly units: readonly { readonly name: string; readonly specDigest: string }[];
  /** False: a file is missing or is not what was written. */
  readonly filesIntact: boolean;
}

export interface Actual {
  readonly environment: 'absent' | 'present' | 'incomplete' | 'cannot-say';
  readonly units: Readonly<Record<string, ActualUnit>>;
  readonly configured: ConfiguredUnits | null;
  /** The generation whose outcome provisioning knows already; 0: none. */
  readonly reportedGeneration: number;
  /** Its names lead to its ports. */
  readonly routed: boolean;
  /** The units were stopped by an agent that ended, not by an accident. */
  readonly parked: boolean;
}

export type Repair = 'started-again' | 'stopped-again' | 'configured-again';

export type Action =
  | { readonly do: 'prepare' | 'create' | 'configure' }
  | { readonly do: 'stop' | 'start'; readonly unit: string }
  | { readonly do: 'await-ready' | 'route' | 'unroute' | 'destroy' | 'forget' }
  | { readonly do: 'report'; readonly state: Want }
  /** Something had departed from a generation that held already. */
  | { readonly do: 'report-repair'; readonly unit: string; readonly what: Repair };

/** The next actions, in order; none: what is desired holds. */
export function plan(desired: DesiredHeights, actual: Actual): Action[] {
  if (actual.environment === 'cannot-say') return [];
  switch (desired.want) {
    case 'running':
      return planRunning(desired, actual);
    case 'stopped':
      return planStopped(desired, actual);
    case 'absent':
      return planAbsent(desired, actual);
  }
}

function planRunning({ generation }: DesiredHeights, actual: Actual): Action[] {
  const { configured, environment } = actual;
  const held = actual.reportedGeneration === generation && !actual.parked;
  const intact = environment === 'present' && configured?.filesIntact === true;
  if (configured === null || configured.generation !== generation || !intact) {
    const repairs: Action[] = held ? [{ do: 'report-repair', unit: '', what: 'configured-again' }] : [];
    return [{ do: 'prepare' }, { do: 'create' }, { do: 'configure' }, ...repairs];
  }
  const { units } = configured;
  const wanted = new Set(units.map(({ name }) => name));
  const surplus = runningUnits(actual).filter((name) => !wanted.has(name));
  const changed = units.filter((unit) => isRunning(actual, unit.name) && !isAsWanted(actual, unit));
  const starting = units.filter((unit) => !isAsWanted(actual, unit));
  const settling = starting.length > 0 || actual.reportedGeneration !== generation;
  return [
    ...[...surplus, ...changed.map(({ name }) => name).reverse()].map((unit): Action => ({ do: 'stop', unit })),
    ...starting.map(({ name }): Action => ({ do: 'start', unit: name })),
    ...(settling ? [{ do: 'await-ready' } as const] : []),
    ...(actual.routed ? [] : [{ do: 'route' } as const]),
    ...(actual.reportedGeneration === generation ? [] : [{ do: 'report', state: 'running' } as const]),
    ...(held ? repairsOf(starting, surplus) : []),
  ];
}

function repairsOf(starting: readonly { readonly name: string }[], surplus: readonly string[]): Action[] {
  return [
    ...starting.map(({ name }): Action => ({ do: 'report-repair', unit: name, what: 'started-again' })),
    ...surplus.map((unit): Action => ({ do: 'report-repair', unit, what: 'stopped-again' })),
  ];
}

function planStopped({ generation }: DesiredHeights, actual: Actual): Action[] {
  const held = actual.reportedGeneration === generation;
  const running = runningUnits(actual);
  return [
    ...(actual.routed ? [{ do: 'unroute' } as const] : []),
    ...running.map((unit): Action => ({ do: 'stop', unit })),
    ...(held ? [] : [{ do: 'report', state: 'stopped' } as const]),
    ...(held ? running.map((unit): Action => ({ do: 'report-repair', unit, what: 'stopped-again' })) : []),
  ];
}

function planAbsent({ generation }: DesiredHeights, actual: Actual): Action[] {
  const gone = actual.environment === 'absent' && actual.configured === null;
  return [
    ...(actual.routed ? [{ do: 'unroute' } as const] : []),
    ...(gone
      ? []
      : [...runningUnits(actual).map((unit): Action => ({ do: 'stop', unit })), { do: 'destroy' } as const]),
    ...(gone ? [] : [{ do: 'forget' } as const]),
    ...(actual.reportedGeneration === generation ? [] : [{ do: 'report', state: 'absent' } as const]),
  ];
}

const runningUnits = ({ units }: Actual): string[] =>
  Object.entries(units).flatMap(([name, { state }]) => (state === 'running' ? [name] : []));

const isRunning = ({ units }: Actual, name: string): boolean => units[name]?.state === 'running';

const isAsWanted = ({ units }: Actual, unit: { readonly name: string; readonly specDigest: string }): boolean =>
  units[unit.name]?.state === 'running' && units[unit.name]?.specDigest === unit.specDigest;
