/**
 * What an agent has to do so that an environment becomes what is desired: a function of what is wanted and what is
 * there. The first time, drift, a crash anywhere and a restart of the agent are the same question asked again.
 *
 * Invariants: nothing starts before its configuration is in place; a unit whose specification has not changed is never
 * touched; routes come last when something goes up and go first when it goes down; what is closed has none; nothing is
 * asked of an environment of which the backend cannot say what it is.
 *
 *     (desired, actual) ──plan──▶ actions ──executed──▶ observed again ──plan──▶ … ──▶ no actions: it holds
 *
 * `prepare`, `create` and `configure` end a plan, because they change what the rest is decided on.
 */
import type { Forward, Want } from '@freehold/provisioning-contract';

export interface DesiredHeights {
  readonly generation: number;
  /** The first generation with this one's configuration. Missing: this one. */
  readonly configuredSince?: number | undefined;
  readonly want: Want;
  /** Where the names lead while it is to be stopped. Missing: null. */
  readonly forward?: Forward | null | undefined;
}

export interface ActualUnit {
  readonly state: 'running' | 'exited' | 'absent';
  /** Of what was started last; null when nothing ever was. */
  readonly specDigest: string | null;
}

/** A unit is another one when it runs closed. */
export interface ConfiguredUnit {
  readonly name: string;
  readonly specDigest: string;
  readonly closedSpecDigest: string;
}

/** What was rendered and written last, as the agent's record on disk says. */
export interface ConfiguredUnits {
  readonly generation: number;
  /** In the order in which they start. */
  readonly units: readonly ConfiguredUnit[];
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
  /** Its names lead elsewhere. */
  readonly forwarded: Forward | null;
  /** The units were stopped by an agent that ended, not by an accident. */
  readonly parked: boolean;
}

export type Repair = 'started-again' | 'stopped-again' | 'configured-again';

export type Action =
  | { readonly do: 'prepare' | 'create' | 'configure' }
  | { readonly do: 'stop' | 'start'; readonly unit: string }
  | { readonly do: 'await-ready' | 'route' | 'unroute' | 'destroy' | 'forget' }
  | { readonly do: 'forward'; readonly to: Forward }
  | { readonly do: 'report'; readonly state: Want }
  /** Something had departed from a generation that held already. */
  | { readonly do: 'report-repair'; readonly unit: string; readonly what: Repair };

/** The next actions, in order; none: what is desired holds. */
export function plan(desired: DesiredHeights, actual: Actual): Action[] {
  if (actual.environment === 'cannot-say') return [];
  switch (desired.want) {
    case 'running':
    case 'closed':
      return planUp(desired, actual);
    case 'stopped':
      return planStopped(desired, actual);
    case 'absent':
      return planAbsent(desired, actual);
  }
}

function planUp(desired: DesiredHeights, actual: Actual): Action[] {
  const { generation, want } = desired;
  const { configured, environment } = actual;
  const closed = want === 'closed';
  const unroute: Action[] = actual.forwarded !== null || (closed && actual.routed) ? [{ do: 'unroute' }] : [];
  const held = actual.reportedGeneration === generation && !actual.parked;
  const intact = environment === 'present' && configured?.filesIntact === true;
  if (configured === null || !isConfiguredFor(configured, desired) || !intact) {
    const repairs: Action[] = held ? [{ do: 'report-repair', unit: '', what: 'configured-again' }] : [];
    return [...unroute, { do: 'prepare' }, { do: 'create' }, { do: 'configure' }, ...repairs];
  }
  const units = configured.units.map(({ name, specDigest, closedSpecDigest }) => ({
    name,
    specDigest: closed ? closedSpecDigest : specDigest,
  }));
  const wanted = new Set(units.map(({ name }) => name));
  const surplus = runningUnits(actual).filter((name) => !wanted.has(name));
  const changed = units.filter((unit) => isRunning(actual, unit.name) && !isAsWanted(actual, unit));
  const starting = units.filter((unit) => !isAsWanted(actual, unit));
  const settling = starting.length > 0 || actual.reportedGeneration !== generation;
  return [
    ...unroute,
    ...[...surplus, ...changed.map(({ name }) => name).reverse()].map((unit): Action => ({ do: 'stop', unit })),
    ...starting.map(({ name }): Action => ({ do: 'start', unit: name })),
    ...(settling ? [{ do: 'await-ready' } as const] : []),
    ...(actual.routed || closed ? [] : [{ do: 'route' } as const]),
    ...(actual.reportedGeneration === generation ? [] : [{ do: 'report', state: want } as const]),
    ...(held ? repairsOf(starting, surplus) : []),
  ];
}

/** What another generation was configured with is not written again: closed becomes open so. */
const isConfiguredFor = (
  configured: ConfiguredUnits,
  { generation, configuredSince = generation }: DesiredHeights,
): boolean => configured.generation >= configuredSince && configured.generation <= generation;

function repairsOf(starting: readonly { readonly name: string }[], surplus: readonly string[]): Action[] {
  return [
    ...starting.map(({ name }): Action => ({ do: 'report-repair', unit: name, what: 'started-again' })),
    ...surplus.map((unit): Action => ({ do: 'report-repair', unit, what: 'stopped-again' })),
  ];
}

function planStopped({ generation, forward = null }: DesiredHeights, actual: Actual): Action[] {
  const held = actual.reportedGeneration === generation;
  const running = runningUnits(actual);
  return [
    ...namesElsewhere(forward, actual),
    ...running.map((unit): Action => ({ do: 'stop', unit })),
    ...(held ? [] : [{ do: 'report', state: 'stopped' } as const]),
    ...(held ? running.map((unit): Action => ({ do: 'report-repair', unit, what: 'stopped-again' })) : []),
  ];
}

/** Names lead where they are to, before anything stops. What was never configured has none. */
function namesElsewhere(forward: Forward | null, { routed, forwarded, configured }: Actual): Action[] {
  if (forward === null || configured === null) return routed || forwarded !== null ? [{ do: 'unroute' }] : [];
  const leadsThere = !routed && forwarded?.address === forward.address && forwarded.port === forward.port;
  return leadsThere ? [] : [{ do: 'forward', to: forward }];
}

function planAbsent({ generation }: DesiredHeights, actual: Actual): Action[] {
  const gone = actual.environment === 'absent' && actual.configured === null;
  return [
    ...namesElsewhere(null, actual),
    ...(gone
      ? []
      : [...runningUnits(actual).map((unit): Action => ({ do: 'stop', unit })), { do: 'destroy' } as const]),
    ...(gone ? [] : [{ do: 'forget' } as const]),
    ...(actual.reportedGeneration === generation ? [] : [{ do: 'report', state: 'absent' } as const]),
  ];
}

/** In the order in which they stop: first what started last, for it may need the others until it has ended. */
export function runningUnits({ units, configured }: Pick<Actual, 'units' | 'configured'>): string[] {
  const started = configured?.units.map(({ name }) => name) ?? [];
  const rank = (name: string) => started.indexOf(name);
  const running = Object.keys(units).filter((name) => units[name]?.state === 'running');
  return running.sort((one, other) => rank(other) - rank(one));
}

const isRunning = ({ units }: Actual, name: string): boolean => units[name]?.state === 'running';

const isAsWanted = ({ units }: Actual, unit: { readonly name: string; readonly specDigest: string }): boolean =>
  units[unit.name]?.state === 'running' && units[unit.name]?.specDigest === unit.specDigest;
