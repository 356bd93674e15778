import { createIdentityFile, readIdentityFile } from '@freehold/vault';
import { packageStore, type PackageStore } from '@freehold/application-package';
import { Job } from '@freehold/deployment-contract';
import {
  type HealthRegistry,
  JobConsumer,
  log,
  type OperationClient,
  readSignerKeys,
  type SignerKeys,
} from '@freehold/platform';
import type { NatsConnection } from '@nats-io/transport-node';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentConfig } from './agent.config.js';
import type { RuntimeBackend } from './backend/runtime-backend.js';
import { joinUntilAnswered } from './host/join.js';
import { ProvisioningClient } from './host/provisioning-client.js';
import { type PublicPlace, publicPlaceOf } from './host/public-place.js';
import { routerPlace } from './host/router-place.js';
import { JobRunner } from './jobs/job-runner.js';
import { Journal } from './journal/journal.js';
import { type Moves, startMoves } from './moves/moves.js';
import type { MoveTiming } from './moves/move-work.js';
import { type Names, startNames } from './names/names.js';
import { PackageCache } from './packages/package-cache.js';
import { DesiredStates } from './reconciler/desired-states.js';
import { EnvironmentRecords } from './reconciler/environment-record.js';
import type { Hands } from './reconciler/executor.js';
import { Observations } from './reconciler/observations.js';
import { Reconciler } from './reconciler/reconciler.js';
import { RouteTable } from './reconciler/route-table.js';
import { type Router, startRouter } from './router/router.js';
import { LogsResponder } from './unit-logs/logs-responder.js';

/**
 * The agent of a host: made of what lies on its disk, then connected to what is desired.
 *
 *     <agentFolder>/       identity.age  router.json  names.json  journal/  environments/<id>.json   0700, ours alone
 *     <agentDataFolder>/   process/ (environments, releases)  packages/  moves/               applications may pass
 */
export interface AgentParts {
  readonly config: AgentConfig;
  readonly connection: NatsConnection;
  readonly client: OperationClient;
  readonly health: HealthRegistry;
  readonly openBackend: (config: AgentConfig) => Promise<RuntimeBackend>;
  readonly timing?: Partial<AgentTiming & MoveTiming>;
}

export interface AgentTiming {
  /** How often every environment is looked at. */
  readonly lookMs: number;
  readonly pauseMs: number;
  readonly longestPauseMs: number;
  readonly environmentWaitMs: number;
}

const TIMING: AgentTiming = { lookMs: 5_000, pauseMs: 500, longestPauseMs: 60_000, environmentWaitMs: 240_000 };

export interface Agent {
  readonly router: Router;
  readonly names: Names;
  readonly moves: Moves;
  readonly reconciler: Reconciler;
  /** Ends orderly: units are stopped unless they are to be left; what is desired stays as it is. */
  close(): Promise<void>;
}

export async function startAgent(parts: AgentParts): Promise<Agent> {
  const { config, connection, client, health } = parts;
  const timing = { ...TIMING, ...parts.timing };
  await mkdir(config.agentFolder, { recursive: true, mode: 0o700 });
  await mkdir(config.agentDataFolder, { recursive: true, mode: 0o755 });
  const identity = await hostIdentity(join(config.agentFolder, 'identity.age'));
  const provisioning = new ProvisioningClient(client, config.agentHost, identity.identity);
  const journal = await Journal.open(join(config.agentFolder, 'journal'));
  const wanted = { address: config.routerAddress, port: config.routerPort };
  await using undo = new AsyncDisposableStack();
  const listening = await routerPlace(config.agentFolder, wanted);
  const router = await startRouter({ ...listening, behindTls: publicPlaceOf(config, listening).isBehindTls });
  undo.defer(() => router.close());
  const publicPlace = publicPlaceOf(config, router);
  const { agentFolder: folder, dnsAddress = router.address, dnsPort } = config;
  const names = await startNames({ folder, address: dnsAddress, port: dnsPort, connection });
  undo.defer(() => names.close());
  const backend = await parts.openBackend(config);
  const hands = await handsOf(parts, { backend, provisioning, router, publicPort: publicPlace.port });
  const observations = new Observations(connection);
  const reconciler = new Reconciler({
    ...{ ...timing, hands, journal },
    observed: (environment, observation) => observations.seen(environment, observation),
  });
  await reconciler.start();
  const signerKeys = await readSignerKeys(config.signerKeysFile);
  const { address } = router;
  const moving = { config, client, hands, reconciler, signerKeys, address, timing: parts.timing ?? {} };
  const moves = await startMoves({ ...moving, identity: identity.identity });
  undo.defer(() => moves.close());
  const reached = { router, publicPlace, names, moves, signerKeys };
  const made = { ...parts, timing, hands, journal, reconciler, provisioning, observations, ...reached };
  const disconnect = connectAgent(made, identity.recipient);
  health.add('agent', () => healthOf({ backend, reconciler, router, names, journal }));
  const close = async () => {
    await disconnect();
    const stopped = await reconciler.close(config);
    log().info({ host: config.agentHost, stopped }, `${stopped} units were stopped; what is desired is unchanged`);
    await running.disposeAsync();
    await backend.close();
  };
  const running = undo.move();
  return { router, names, moves, reconciler, close };
}

interface Made extends AgentParts {
  readonly timing: AgentTiming;
  readonly hands: Hands;
  readonly journal: Journal;
  readonly reconciler: Reconciler;
  readonly provisioning: ProvisioningClient;
  readonly observations: Observations;
  readonly router: Router;
  readonly publicPlace: PublicPlace;
  readonly names: Names;
  readonly moves: Moves;
  readonly signerKeys: SignerKeys;
}

/** Everything that goes over NATS. Answers what ends it. */
function connectAgent(made: Made, recipient: string): () => Promise<void> {
  const { config, connection, hands, reconciler, provisioning, names, moves, journal, timing } = made;
  const ending = new AbortController();
  const runner = new JobRunner({
    ...{ hands, journal, reconciler, provisioning, moves: moves.jobs },
    activity: (job, activity) => made.observations.doing(job.environment, activity),
    environmentWaitMs: timing.environmentWaitMs,
    retryMs: timing.pauseMs,
  });
  const jobs = new JobConsumer({
    ...{ connection, host: config.agentHost, durable: `agent-${config.agentHost}`, schema: Job },
    run: (job, signal) => runner.run(job, signal),
  });
  const desired = new DesiredStates(connection, config.agentHost, reconciler);
  const logs = new LogsResponder(hands.backend, reconciler, made.signerKeys);
  const { backend } = hands;
  const { signal } = ending;
  const place = {
    router: made.publicPlace,
    nameServer: names.server,
    transferPort: moves.port,
    recipient,
    dataFolder: config.agentDataFolder,
  };
  const joining = { provisioning, backend, ...place, signal };
  const joined = joinUntilAnswered(joining);
  desired.start();
  jobs.start();
  logs.start(connection, config.agentHost);
  return async () => {
    ending.abort();
    logs.close();
    await Promise.all([joined, jobs.close(), desired.close()]);
  };
}

async function handsOf(
  { config, connection }: AgentParts,
  made: Pick<Hands, 'backend' | 'provisioning' | 'publicPort'> & { router: Router },
): Promise<Hands> {
  let opened: Promise<PackageStore> | undefined;
  const store = (): Promise<PackageStore> => {
    opened ??= packageStore(connection).catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  const { backend, provisioning, router, publicPort } = made;
  return {
    ...{ backend, provisioning },
    packages: await PackageCache.open(join(config.agentDataFolder, 'packages'), store),
    records: await EnvironmentRecords.open(join(config.agentFolder, 'environments')),
    routes: new RouteTable(router),
    publicPort,
  };
}

type Seen = Pick<Made, 'reconciler' | 'router' | 'names' | 'journal'> & { backend: RuntimeBackend };

async function healthOf({ backend, reconciler, router, names, journal }: Seen) {
  const { backend: kind, isolation, python } = await backend.capabilities();
  const { lanes } = reconciler;
  const details = {
    ...{ backend: kind, isolation, python: { ...python } },
    router: `${router.address}:${router.port}`,
    names: { address: names.server.address, port: names.server.port, zones: names.zones.zoneNames },
    environments: lanes.length,
    holding: lanes.filter(({ holds }) => holds).length,
    journal: journal.mustAsk?.reason ?? 'asked',
  };
  return { status: journal.mustAsk === undefined ? ('up' as const) : ('degraded' as const), details };
}

/** Two agents that start at once on one folder: the second finds the file of the first. */
async function hostIdentity(file: string) {
  return (await readIdentityFile(file)) ?? createIdentityFile(file);
}
