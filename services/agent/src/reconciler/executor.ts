import type { Environment, RuntimeBackend } from '../backend/runtime-backend.js';
import type { DesiredState } from '@freehold/provisioning-contract';
import type { PackageCache } from '../packages/package-cache.js';
import type { ProvisioningClient } from '../host/provisioning-client.js';
import type { Values } from '@freehold/application-package';
import { setTimeout as pause } from 'node:timers/promises';
import { configure, environmentSpec, preparedRelease, runHook, unitSpecOf, type WantedRelease } from './configure.js';
import type { Action } from './domain/plan.js';
import type { Configured, EnvironmentRecord, EnvironmentRecords } from './environment-record.js';
import { GivenUp, Superseded, UnitEnded } from './failures.js';
import { answers, probeIdentity, UnitAgent } from './probes.js';
import { forwardedRoutes, type RouteTable } from './route-table.js';

/** What an executor works with. */
export interface Hands {
  readonly backend: RuntimeBackend;
  readonly packages: PackageCache;
  readonly records: EnvironmentRecords;
  readonly routes: RouteTable;
  readonly provisioning: Pick<ProvisioningClient, 'configuration' | 'report'>;
  /** The port that published names are reached at. */
  readonly publicPort: number;
}

/** One environment at one moment: what is wanted, and what the agent knows. `save` makes changes durable. */
export interface Subject {
  readonly desired: DesiredState;
  readonly record: EnvironmentRecord;
  save(changes: Partial<EnvironmentRecord>): Promise<void>;
  /** Said to whoever looks, while something long goes on. */
  activity(text: string | null): void;
  readonly signal: AbortSignal;
}

const READY_LOOK_MS = 50;

/** Does one action of a plan. Each is harmless twice; a crash within one leaves it to the next plan. */
export async function execute(action: Action, hands: Hands, subject: Subject): Promise<void> {
  const { desired, record } = subject;
  const { backend, routes } = hands;
  const id = desired.environment;
  switch (action.do) {
    case 'prepare':
      return void (await prepare(hands, releaseOf(desired), subject.activity));
    case 'create':
      return void (await create(hands, desired));
    case 'configure':
      return configureGeneration(hands, subject);
    case 'stop':
      return void (await backend.stop(id, action.unit));
    case 'start':
      return startUnit(hands, subject, action.unit);
    case 'await-ready':
      return awaitReady(hands, subject, needConfigured(record));
    case 'route':
      routes.publish(id, needConfigured(record).routes);
      return subject.save({ routed: true, forwarded: null });
    case 'forward':
      routes.publish(id, forwardedRoutes(needConfigured(record).routes, action.to));
      return subject.save({ routed: false, forwarded: action.to });
    case 'unroute':
      routes.withdraw(id);
      return subject.save({ routed: false, forwarded: null });
    case 'destroy':
      return backend.destroy(id);
    case 'forget':
      return subject.save({ configured: null, parked: false });
    case 'report':
      return report(hands, subject, action.state);
    case 'report-repair':
      return reportRepair(hands, subject, action);
  }
}

/** Installs the release of a package, telling what it does. */
export async function prepare(
  hands: Pick<Hands, 'packages' | 'backend'>,
  wanted: WantedRelease,
  tell: Subject['activity'],
) {
  const laidOut = await hands.packages.get(wanted.digest);
  const release = preparedRelease(laidOut.app, wanted);
  try {
    return await hands.backend.prepare(release, ({ phase, message }) => {
      if (phase !== 'present') tell(phase === 'packages' ? `installing packages: ${message.slice(0, 200)}` : message);
    });
  } finally {
    tell(null);
  }
}

async function create(hands: Hands, desired: DesiredState) {
  const { app } = await hands.packages.get(releaseOf(desired).digest);
  return hands.backend.create(environmentSpec(app, desired.environment, desired.amounts));
}

async function configureGeneration(hands: Hands, subject: Subject): Promise<void> {
  const { desired, record } = subject;
  const release = releaseOf(desired);
  const laidOut = await hands.packages.get(release.digest);
  const environment = await create(hands, desired);
  const values = await valuesOf(hands, subject, environment);
  const { backend } = hands;
  const { generation } = desired;
  const before = record.configured;
  const closed = desired.want === 'closed';
  const configured = await configure({ backend, environment, laidOut, release, generation, values, before, closed });
  await subject.save({ configured });
  // Ports and names may have changed: what is routed follows at once, what is not waits until it is ready.
  if (record.routed) hands.routes.publish(desired.environment, configured.routes);
}

/** Everything that files and hooks are made of, for the generation that is wanted. */
async function valuesOf(
  hands: Hands,
  { desired, activity }: Pick<Subject, 'desired' | 'activity'>,
  { folder, ports }: Environment,
): Promise<Values> {
  const installed = await prepare(hands, releaseOf(desired), activity);
  const { configuration, names, secrets } = await hands.provisioning.configuration(desired);
  const { settings } = configuration;
  return { settings, names, secrets, ports, folder, releaseFolder: installed.folder, publicPort: hands.publicPort };
}

/** @throws GivenUp when the hook fails */
export async function runFirstAdmin(hands: Hands, subject: Pick<Subject, 'desired' | 'activity'>): Promise<void> {
  const { desired } = subject;
  const laidOut = await hands.packages.get(releaseOf(desired).digest);
  const environment = await create(hands, desired);
  const values = await valuesOf(hands, subject, environment);
  const closed = desired.want === 'closed';
  await runHook({ backend: hands.backend, environment, laidOut, values, closed, hook: 'first-admin' });
}

async function startUnit(hands: Hands, { desired, record, save }: Subject, name: string): Promise<void> {
  const unit = needConfigured(record).units.find((one) => one.name === name);
  if (unit === undefined) throw new Error(`the plan starts the unit ${name}, which is not configured`);
  await hands.backend.start(desired.environment, { ...unitSpecOf(unit), closed: desired.want === 'closed' });
  if (record.parked) await save({ parked: false });
}

/** Waits until it listens and serves. @throws UnitEnded, GivenUp `not-ready`, Superseded */
async function awaitReady(hands: Hands, { desired, signal }: Subject, { health, units }: Configured): Promise<void> {
  const until = performance.now() + health.startTimeoutMs;
  const agent = new UnitAgent(hands.backend, desired.environment);
  const probes = [health.started, health.ready];
  while (performance.now() < until) {
    while (probes[0] !== undefined && (await answers(probes[0], agent))) probes.shift();
    if (probes.length === 0) return;
    for (const { name } of units) {
      const status = await hands.backend.status(desired.environment, name);
      if (status.state !== 'running') throw new UnitEnded(name, status.state === 'exited' ? status.exitCode : null);
    }
    await pause(READY_LOOK_MS);
    if (signal.aborted) throw new Superseded();
  }
  const detail = `The application did not answer within ${Math.round(health.startTimeoutMs / 1000)} s.`;
  const hint = 'Its log may say why: "freehold logs". A larger plan gives it more memory and processor.';
  throw new GivenUp([{ pointer: '', code: 'not-ready', detail, hint }]);
}

async function report(hands: Hands, subject: Subject, state: DesiredState['want']): Promise<void> {
  const { operator, environment, generation } = subject.desired;
  const isUp = state === 'running' || state === 'closed';
  const probes = isUp ? needConfigured(subject.record).identity : [];
  const identity = await probeIdentity(probes, new UnitAgent(hands.backend, environment));
  const served = state === 'stopped' && subject.record.served ? { served: true } : {};
  await hands.provisioning.report({ kind: 'observed', operator, environment, generation, state, identity, ...served });
  await subject.save({ reportedGeneration: generation });
}

async function reportRepair(
  hands: Hands,
  { desired }: Subject,
  { unit, what }: Extract<Action, { do: 'report-repair' }>,
): Promise<void> {
  const { operator, environment, generation } = desired;
  const status = unit === '' ? undefined : await hands.backend.status(environment, unit);
  const occasion = status?.state === 'running' ? `${status.pid} ${status.startTime}` : new Date().toISOString();
  await hands.provisioning.report({ kind: 'drift-repaired', operator, environment, generation, unit, what }, occasion);
}

/** @throws GivenUp when the desired state does not name a release */
function releaseOf({ application, version, digest }: DesiredState): WantedRelease {
  if (application !== null && version !== null && digest !== null) return { application, version, digest };
  const detail = 'It is to run, and the desired state does not say which release.';
  throw new GivenUp([{ pointer: '', code: 'configuration-missing', detail, hint: 'Staff: report this; it is a bug.' }]);
}

function needConfigured({ configured }: EnvironmentRecord): Configured {
  if (configured !== null) return configured;
  throw new Error('the plan goes on before the environment is configured');
}
