import type { Claims } from '@freehold/agent';
import { followedTogether } from '@freehold/log';
import { connectToNats, type FollowingOfProcess, type RunningService } from '@freehold/platform';
import { type Ground, startGround } from '@freehold/supervisor';
import type { NatsConnection } from '@nats-io/transport-node';
import { chmodSync, mkdirSync } from 'node:fs';
import type { Terminal } from '../output/terminal.js';
import { allRunning, stopServices } from '../serve/running-services.js';
import { SERVICE_NAMES, loadServices, SERVICES_WITH_VIEWS } from '../serve/service-registry.js';
import { firstStaffKey } from './first-key.js';
import { ensureInstallation, type Installation } from './installation.js';
import { logToFile } from './log-file.js';
import { ensureLogKeys } from './log-key.js';
import { ADMIN, CELL_ACCOUNT, cellAccount } from './nats-users.js';
import type { PublicFace } from './public-face.js';
import { ensureProviderKeys } from './provider-keys.js';
import { seedCatalogue, type Seeded } from './seeds.js';
import {
  type ConfigurationSources,
  masterKeyFile,
  readConfiguration,
  writeConfiguration,
} from './service-configuration.js';
import { keysKeeper } from './keys-keeper.js';
import { underKeysLockIfFree } from './keys-lock.js';
import { ensureSignerKeys, signersOf } from './signer-keys.js';
import { Steps } from './steps.js';
import { ensureStores } from './stores.js';
import { systemClient } from './system-client.js';
import { diskRoom, volumeSize } from '../volumes/disk-room.js';
import { volumeController } from '../volumes/volume-controller.js';

/*
 * An installation on one machine: servers, keys, streams, database, services and seeds, from nothing or from whatever a
 * crash left. Every step looks at what is there, so that the same code makes, repairs and starts.
 */

export interface StartOptions {
  home: string;
  natsServer: string | undefined;
  natsMemoryBytes: number | undefined;
  apiAddress: string | undefined;
  apiPort: number | undefined;
  routerPort: number | undefined;
  zone: string | undefined;
  publicFace: PublicFace | undefined;
  /** Of addresses on this machine. */
  claims: Claims;
  leaveRunning: boolean;
  signal: AbortSignal;
}

export interface StartedInstallation {
  installation: Installation;
  services: readonly RunningService[];
  seeded: Seeded;
  firstKey: string;
  /** Ends services, then servers. */
  stop(): Promise<void>;
  /** Pids of NATS and PostgreSQL, for a stop by force. */
  serverPids(): number[];
}

export async function startInstallation(options: StartOptions, terminal: Terminal): Promise<StartedInstallation> {
  const { home } = options;
  const steps = new Steps(terminal, options.signal);
  await using undo = new AsyncDisposableStack();
  makeHome(home);
  const installation = await ensureInstallation(home, options);
  const loading = loadServices(SERVICE_NAMES);
  loading.catch(() => undefined);
  const ground = await steps.run('NATS and PostgreSQL run', () => startServers(options, installation));
  undo.defer(() => ground.stop());
  logToFile(home);
  const admin = await connectToNats({
    servers: ground.nats.url,
    name: 'up',
    seedFile: ground.nats.seedFile(CELL_ACCOUNT, ADMIN),
  });
  undo.defer(() => admin.drain());
  const databases = await steps.run('keys, streams and database are there', () =>
    prepare({ home, installation, ground, admin }),
  );
  const sources = {
    home,
    installation,
    ground,
    databases,
    services: SERVICE_NAMES,
    leaveRunning: options.leaveRunning,
  };
  undo.defer(startLooking(admin, home, installation));
  const serving = Promise.withResolvers<void>();
  const following = { mayFollow: serving.promise, together: followedTogether() };
  const services = await steps.run(said, () => startServices(sources, loading, following));
  undo.defer(() => stopServices(services));
  const system = await systemClient(admin, home);
  const [seeded, firstKey] = await steps.run(
    ([{ applications }]) => `catalogue: ${applications.join(', ')}`,
    () => Promise.all([seedCatalogue(admin, system, installation.host), firstStaffKey(system)]),
  );
  serving.resolve();
  const running = undo.move();
  return {
    installation,
    services,
    seeded,
    firstKey,
    stop: () => running.disposeAsync(),
    serverPids: () => [ground.nats.pid, ground.postgres.pid].filter((pid) => pid !== undefined),
  };
}

/** What `up` itself sees to again and again, while services run. Answers its end. */
function startLooking(connection: NatsConnection, home: string, installation: Installation): () => Promise<void> {
  const looks = [
    volumeController({ connection, sizeBytes: (volume) => volumeSize(home, volume) }),
    keysKeeper(home, installation),
  ];
  for (const look of looks) look.start();
  return async () => {
    await Promise.all(looks.map((look) => look.stop()));
  };
}

interface Prepared {
  home: string;
  installation: Installation;
  ground: Ground;
  admin: NatsConnection;
}

/** Everything that services find there when they start. Answers the databases by role. */
async function prepare({ home, installation, ground, admin }: Prepared) {
  // Whoever changes keys at this moment has looked already.
  await underKeysLockIfFree(home, () => {
    ensureSignerKeys(home, signersOf(installation));
    ensureLogKeys(home);
  });
  const roles = SERVICES_WITH_VIEWS.map((name) => ({ name }));
  const [databases] = await Promise.all([
    ground.postgres.ensureDatabase({ name: 'freehold', roles }),
    ensureStores(admin, { masterKeyFile: masterKeyFile(home), logMaxBytes: volumeSize(home, 1) }),
    ensureProviderKeys(home),
  ]);
  return databases;
}

/** As root, servers and applications have users of their own, which must be able to pass. */
function makeHome(home: string): void {
  const mode = process.getuid?.() === 0 ? 0o711 : 0o700;
  mkdirSync(home, { recursive: true, mode });
  chmodSync(home, mode);
}

const said = (services: readonly RunningService[]): string =>
  `${services.length} services run: ${services.map(({ name }) => name).join(', ')}`;

function startServers({ home, natsServer, natsMemoryBytes }: StartOptions, { host }: Installation) {
  return startGround({
    folder: home,
    nats: {
      accounts: [cellAccount(SERVICE_NAMES, host)],
      // All volumes of the log together; how much of it is free, `doctor` says.
      maxFileBytes: diskRoom(home).total,
      ...(natsServer === undefined ? {} : { natsServer }),
      ...(natsMemoryBytes === undefined ? {} : { memoryBytes: natsMemoryBytes }),
    },
    say: () => undefined,
  });
}

async function startServices(
  sources: ConfigurationSources,
  loading: ReturnType<typeof loadServices>,
  following: FollowingOfProcess,
) {
  const bootables = await loading;
  for (const { name, schema } of bootables) writeConfiguration(name, schema, sources);
  return allRunning(bootables.map((each) => each.boot(readConfiguration(sources.home, each.name), { following })));
}
