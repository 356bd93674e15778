import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../../journal/durable-file.js';
import { BackendFailure } from '../backend-failure.js';
import { pathParts, unitSpecDigest } from '../backend-input.js';
import { poll, SOON_MS } from '../poll.js';
import type { UnitSpec, UnitStatus } from '../runtime-backend.js';
import { entering, type Entrance, making } from './closed-network.js';
import { environmentPaths } from './environment-record.js';
import type { EnvironmentPaths, EnvironmentRecord } from './environment-record.js';
import { isLocked } from './file-lock.js';
import { UNIT_PATH } from './process-backend.options.js';
import type { ProcessHost } from './process-backend.options.js';
import { isAlive, signalProcess } from './process-table.js';
import type { ProcessIdentity } from './process-table.js';
import { UNIT_VARIABLE, killAll, waitForEnd } from './unit-processes.js';
import { readIdentity, readStarted, readStatus, statusOf } from './unit-record.js';
import { EXIT_RUNS_ALREADY, launchScript } from './unit-shim.js';

/** From spawning the shim to its record. */
const START_TIMEOUT_MS = 15_000;
const KEEPER_TIMEOUT_MS = 10_000;
/** After its unit it has an exit code to write; then the lock is asked for, which takes a process of its own. */
const KEEPER_LOOK_MS = 200;

/** In which network a unit runs, if not in the host's: in the closed one of its environment, or in one of its own. */
export type UnitNetwork = { readonly kind: 'closed'; readonly entrance: Entrance } | { readonly kind: 'alone' };

/** Starts and stops units through the shim (unit-shim.ts). Calls for one environment come one at a time. */
export class Units {
  constructor(private readonly host: ProcessHost) {}

  folder(id: string, unit: string): string {
    return join(environmentPaths(this.host.environments, id).units, unit);
  }

  async names(id: string): Promise<string[]> {
    return readdir(environmentPaths(this.host.environments, id).units).catch(() => []);
  }

  async status(id: string, unit: string): Promise<UnitStatus> {
    return readStatus(this.folder(id, unit));
  }

  /** The first processes of the closed units that live. */
  async enclosed(id: string): Promise<ProcessIdentity[]> {
    const found: ProcessIdentity[] = [];
    for (const name of await this.names(id)) {
      if ((await readStarted(this.folder(id, name)))?.closed !== true) continue;
      const first = await readIdentity(this.folder(id, name), 'unit.pid');
      if (first !== undefined && (await isAlive(first))) found.push(first);
    }
    return found;
  }

  async start(record: EnvironmentRecord, unit: UnitSpec, network: UnitNetwork | null): Promise<UnitStatus> {
    const folder = this.folder(record.id, unit.name);
    const before = await this.#settle(folder);
    if (before.state === 'running') return before;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const first = await readIdentity(folder, 'unit.pid');
    await killAll({ record, cgroups: this.host.cgroups, unit: unit.name, first }); // children of a unit that died
    const paths = environmentPaths(this.host.environments, record.id);
    const token = await this.#writeStart(record, unit, { paths, network });
    const code = await this.#spawnKeeper(folder, join(paths.launch, `${unit.name}.sh`), token);
    const status = await poll(
      START_TIMEOUT_MS,
      async () => {
        const ended = code.value;
        const now = await readIdentity(folder, 'unit.pid');
        if (now !== undefined && !isSame(now, first)) return statusOf(folder, now);
        return ended === undefined || ended === EXIT_RUNS_ALREADY ? undefined : ('failed' as const);
      },
      SOON_MS,
    );
    if (status !== undefined && status !== 'failed') return status;
    throw new BackendFailure('unit-not-started', 'the shim could not start the unit', {
      hint: 'see log and keeper.log in the unit folder named here',
      values: { unit: unit.name, folder, exitCode: code.value ?? 'none' },
    });
  }

  /** Safe at any moment, also while a shim that a dead agent started is on its way. */
  async stop(record: EnvironmentRecord, unit: string): Promise<UnitStatus> {
    const folder = this.folder(record.id, unit);
    await rm(join(folder, 'wanted'), { force: true });
    const started = await readStarted(folder);
    if (started === undefined) return { state: 'absent' };
    const keeperGone = await poll(KEEPER_TIMEOUT_MS + started.stopTimeoutMs, async () => {
      const first = await readIdentity(folder, 'unit.pid');
      if (first !== undefined && (await isAlive(first))) {
        await signalProcess(first, started.stopSignal);
        await waitForEnd(first, started.stopTimeoutMs);
      }
      await killAll({ record, cgroups: this.host.cgroups, unit, first });
      const keeper = await readIdentity(folder, 'keeper.pid');
      if (keeper !== undefined) await waitForEnd(keeper, KEEPER_LOOK_MS);
      return (await isLocked(join(folder, 'lock'))) ? undefined : true;
    });
    if (keeperGone) return readStatus(folder);
    throw shimStays(folder);
  }

  /** Lets a shim that a dead agent started come to its unit or to its end; a later one finds itself unwanted. */
  async #settle(folder: string): Promise<UnitStatus> {
    const now = await readStatus(folder);
    if (now.state === 'running' || (await readStarted(folder)) === undefined) return now;
    await rm(join(folder, 'wanted'), { force: true });
    const settled = await poll(KEEPER_TIMEOUT_MS, async () => {
      const status = await readStatus(folder);
      return status.state === 'running' || !(await isLocked(join(folder, 'lock'))) ? status : undefined;
    });
    if (settled !== undefined) return settled.state === 'running' ? settled : readStatus(folder);
    throw shimStays(folder);
  }

  async #writeStart(
    record: EnvironmentRecord,
    unit: UnitSpec,
    { paths, network }: { paths: EnvironmentPaths; network: UnitNetwork | null },
  ): Promise<string> {
    const { uid, gid } = record.user;
    const folder = join(paths.units, unit.name);
    const environment = {
      HOME: paths.files,
      PATH: UNIT_PATH,
      ...unit.environment,
      [UNIT_VARIABLE]: `${record.id}/${unit.name}`,
    };
    const workingFolder = join(paths.files, ...pathParts(unit.workingFolder ?? ''));
    const launch = join(paths.launch, `${unit.name}.sh`);
    const closed = network?.kind === 'closed';
    const { name, stopSignal = 'SIGTERM', stopTimeoutMs } = unit;
    const started = { name, stopSignal, stopTimeoutMs, closed, specDigest: unitSpecDigest(unit) };
    await Promise.all([
      writeDurably(launch, launchScript(unit.command, workingFolder, environment), 0o440),
      writeNetwork(folder, network),
      writeDurably(join(folder, 'unit.json'), JSON.stringify(started)),
    ]);
    await using log = await open(join(folder, 'log'), 'a', 0o600);
    if (record.ownUser) {
      await chown(launch, 0, gid);
      await log.chown(uid, gid); // so that the unit can open /dev/stdout
      await writeFile(join(folder, 'user'), `${uid} ${gid}\n`);
    }
    const cgroups = await this.host.cgroups.join(record.id, unit.name);
    await writeFile(join(folder, 'cgroups'), cgroups.map((file) => `${file}\n`).join(''));
    const token = randomBytes(12).toString('hex');
    await writeDurably(join(folder, 'wanted'), token); // last: from here on a shim may start it
    return token;
  }

  async #spawnKeeper(folder: string, launch: string, token: string): Promise<{ value: number | undefined }> {
    const ended: { value: number | undefined } = { value: undefined };
    await using log = await open(join(folder, 'keeper.log'), 'w', 0o600);
    const keeper = spawn('/bin/sh', [this.host.shim, 'keep', folder, launch, token], {
      detached: true,
      cwd: folder,
      env: { PATH: UNIT_PATH },
      stdio: ['ignore', log.fd, log.fd],
    });
    await new Promise<void>((resolve, reject) => {
      keeper.once('spawn', resolve);
      keeper.once('error', reject);
    });
    keeper.once('exit', (code) => (ended.value = code ?? 74));
    keeper.unref();
    return ended;
  }
}

function isSame(a: ProcessIdentity, b: ProcessIdentity | undefined): boolean {
  return b !== undefined && a.pid === b.pid && a.startTime === b.startTime && a.boot === b.boot;
}

function shimStays(folder: string): BackendFailure {
  return new BackendFailure('unit-not-stopped', 'the shim of the unit does not end', {
    hint: 'see keeper.pid in the unit folder named here, and end that process',
    values: { folder },
  });
}

/** What the shim reads: a file that is there and not whole keeps the unit from starting. */
async function writeNetwork(folder: string, network: UnitNetwork | null): Promise<void> {
  const files = { closed: join(folder, 'namespace'), alone: join(folder, 'alone') };
  for (const [kind, file] of Object.entries(files)) if (kind !== network?.kind) await rm(file, { force: true });
  if (network?.kind === 'alone') await writeDurably(files.alone, `${making().join(' ')}\n`);
  if (network?.kind !== 'closed') return;
  const { net, pid } = network.entrance;
  await writeDurably(files.closed, `${net} ${pid} ${entering().join(' ')}\n`);
}
