import { type ApplicationPackage, archive, firstAdmin, makeSecret, secretsToMake } from '@freehold/application-package';
import type { JsonObject } from '@freehold/application-package';
import type { BodyOf } from '@freehold/kernel';
import type { DesiredState, OpenConfiguration, reportObservation } from '@freehold/provisioning-contract';
import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipSettings } from '../agent.config.js';
import { openProcessBackend } from '../backend/process/process-backend.js';
import type { Environment, RuntimeBackend } from '../backend/runtime-backend.js';
import { Journal } from '../journal/journal.js';
import { environmentSpec } from '../reconciler/configure.js';
import { EnvironmentRecords } from '../reconciler/environment-record.js';
import { type Hands, runFirstAdmin } from '../reconciler/executor.js';
import { Reconciler } from '../reconciler/reconciler.js';
import { RouteTable } from '../reconciler/route-table.js';
import { type Router, startRouter } from '../router/router.js';
import { PackageCache } from './package-cache.js';
import { type Site, siteOf } from './package.site.js';

type Report = BodyOf<typeof reportObservation>;

interface Grounded {
  readonly folder: string;
  readonly app: ApplicationPackage;
  /** By purpose. */
  readonly names: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** On the host of another ground, which goes on after it. */
  readonly isGuest: boolean;
}

/**
 * A host with real processes and the agent's reconciler, and without the rest of a cell: what the conformance suite of
 * packages runs on. Secrets are made as the platform makes them; settings are what the case says.
 */
export class PackageGround {
  readonly reports: Report[] = [];
  readonly environment = randomUUID();
  #generation = 0;
  #settings: JsonObject = {};

  private constructor(
    private readonly about: Grounded,
    private readonly parts: { backend: RuntimeBackend; router: Router; packages: PackageCache; journal: Journal },
  ) {}

  #hands: Hands | undefined;
  #reconciler: Reconciler | undefined;

  /** @param root folder of the run, shared so that a release is installed once */
  static async open(root: string, app: ApplicationPackage, names: Readonly<Record<string, string>>) {
    const folder = await mkdtemp(join(root, 'ground-'));
    const backend = await openProcessBackend({
      root: join(root, 'process'),
      ports: { first: 22_000, last: 22_499 },
      installerEnvironment: pipSettings(),
    });
    const store = { get: async (digest: string) => (digest === archive(app).digest ? app : null), put: async () => {} };
    const packages = await PackageCache.open(join(root, 'packages'), async () => store);
    const router = await startRouter({ address: '127.0.0.1', port: 0 });
    const journal = await openJournal(folder);
    const ground = new PackageGround(
      { folder, app, names, secrets: madeSecrets(app), isGuest: false },
      { backend, router, packages, journal },
    );
    await ground.#start();
    return ground;
  }

  /**
   * Where what runs here is moved to: an empty environment of another name on the same host, with the same settings, the same
   * domain names and the secrets that travel; the others are made anew.
   */
  async successor(): Promise<PackageGround> {
    const { app, names } = this.about;
    const folder = await mkdtemp(join(this.about.folder, 'successor-'));
    const travelling = app.description.secrets.filter(({ travels }) => travels).map(({ name }) => name);
    const taken = Object.entries(this.about.secrets).filter(([name]) => travelling.includes(name));
    const secrets = { ...madeSecrets(app), ...Object.fromEntries(taken) };
    const parts = { ...this.parts, journal: await openJournal(folder) };
    const ground = new PackageGround({ folder, app, names, secrets, isGuest: true }, parts);
    ground.#settings = this.#settings;
    await ground.#start();
    return ground;
  }

  /** The environment's folder and user; made if it is not there, with nothing in it that runs. */
  async place(): Promise<Environment> {
    const { amounts } = this.#desired('stopped');
    return this.backend.create(environmentSpec(this.app, this.environment, amounts));
  }

  get app(): ApplicationPackage {
    return this.about.app;
  }

  get settings(): JsonObject {
    return this.#settings;
  }

  get site(): Site {
    const { app, names, secrets } = this.about;
    const [name = ''] = Object.values(names);
    const admin = firstAdmin(app, { settings: this.#settings, names });
    const password = secrets[admin?.passwordSecret ?? ''] ?? '';
    return siteOf(this.parts.router, { name, account: { user: admin?.user ?? '', password } });
  }

  get secrets(): readonly string[] {
    return Object.values(this.about.secrets);
  }

  get backend(): RuntimeBackend {
    return this.parts.backend;
  }

  async desire(want: DesiredState['want'], settings: JsonObject = this.#settings): Promise<number> {
    this.#settings = settings;
    this.#generation += 1;
    await this.#reconciler?.desire(this.#desired(want));
    return this.#generation;
  }

  /** What was reported of a generation, once it was. */
  reported(generation: number): Report | undefined {
    return this.reports.find((report) => report.generation === generation && report.kind !== 'drift-repaired');
  }

  async makeFirstAdministrator(): Promise<void> {
    const [hands, lane] = [this.#hands, this.#reconciler?.lane(this.environment)];
    const desired = lane?.desired;
    if (hands === undefined || desired === undefined) throw new Error('nothing is desired yet');
    await lane?.exclusively(() => runFirstAdmin(hands, { desired, activity: () => undefined }));
  }

  /** The agent dies and comes again; the units go on. */
  async restartAgent(): Promise<void> {
    const desired = this.#reconciler?.lane(this.environment)?.desired;
    await this.#reconciler?.close({ leaveRunning: true });
    await this.#start();
    if (desired !== undefined) await this.#reconciler?.desire(desired);
  }

  async close(): Promise<void> {
    await this.#reconciler?.close({ leaveRunning: true });
    await this.backend.destroy(this.environment);
    if (this.about.isGuest) return;
    await this.parts.router.close();
    await this.backend.close();
  }

  async #start(): Promise<void> {
    const { backend, router, packages, journal } = this.parts;
    const provisioning = {
      configuration: async () => this.#configuration(),
      report: async (report: Report) => void this.reports.push(report),
    };
    const records = await EnvironmentRecords.open(join(this.about.folder, 'environments'));
    this.#hands = { backend, packages, records, routes: new RouteTable(router), provisioning, publicPort: router.port };
    const timing = { lookMs: 200, pauseMs: 100, longestPauseMs: 1_000 };
    this.#reconciler = new Reconciler({ hands: this.#hands, journal, observed: () => undefined, ...timing });
    await this.#reconciler.start();
  }

  #desired(want: DesiredState['want']): DesiredState {
    const { app, environment } = this;
    const [newest] = app.description.releases;
    return {
      ...{ operator: this.environment, environment, deployment: environment },
      ...{ generation: this.#generation, epoch: 1, want },
      ...{ application: app.description.name, version: newest?.version ?? '', digest: archive(app).digest },
      amounts: { memoryBytes: 2 ** 29, cpuMillis: 2_000, diskBytes: 2 ** 30 },
    };
  }

  #configuration(): OpenConfiguration {
    const { application, version, digest } = this.#desired('running');
    const named = { application: application ?? '', version: version ?? '', digest: digest ?? '' };
    const configuration = {
      ...named,
      settings: this.#settings,
      secretSettings: [],
      secrets: Object.keys(this.about.secrets),
    };
    return { configuration, names: { ...this.about.names }, secrets: { ...this.about.secrets } };
  }
}

async function openJournal(folder: string): Promise<Journal> {
  const journal = await Journal.open(join(folder, 'journal'));
  await journal.confirmAsked();
  return journal;
}

function madeSecrets(app: ApplicationPackage): Record<string, string> {
  return Object.fromEntries(
    secretsToMake(app).map(({ name, generate }) => [name, makeSecret(generate, (size) => randomBytes(size))]),
  );
}

/** A folder for one run, below which releases are shared; applications' users may pass. */
export async function runFolder(): Promise<{ root: string; remove: () => Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), 'freehold-packages-'));
  await chmod(root, 0o755);
  return { root, remove: () => rm(root, { recursive: true, force: true }) };
}
