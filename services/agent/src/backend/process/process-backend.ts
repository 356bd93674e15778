/**
 * The process backend: units are ordinary OS processes of this host, each environment with a folder and
 * loopback ports of its own and, as root, a user and control groups of its own.
 *
 * Owns: everything below its root folder. Invariants: those of the port; besides, an application can write
 * only below its own `files`, so that no record, pid or log name can be forged.
 * On a crash: units go on under their shims (unit-shim.ts); a new backend finds them by pid and start time.
 */
import { BackendFailure } from '../backend-failure.js';
import {
  checkCommand,
  checkEnvironmentId,
  checkEnvironmentSpec,
  checkRelease,
  checkUnit,
  checkUnitName,
} from '../backend-input.js';
import { OneAtATime } from '../one-at-a-time.js';
import type { Socket } from 'node:net';
import type * as port from '../runtime-backend.js';
import { ClosedNetworks } from './closed-networks.js';
import { execIn } from './unit-exec.js';
import { Environments, environmentOf } from './environments.js';
import { readRecord } from './environment-record.js';
import { usageOf } from './environment-usage.js';
import { openHost } from './process-backend.options.js';
import type { ProcessBackendOptions, ProcessHost } from './process-backend.options.js';
import { ProcessVolume } from './process-volume.js';
import { findPython } from './python-interpreter.js';
import { PythonReleases } from './python-releases.js';
import { readLog, rotateLog } from './unit-log.js';
import { killAll } from './unit-processes.js';
import { type UnitNetwork, Units } from './units.js';

const REST_AFTER_MS = 10_000;

export async function openProcessBackend(options: ProcessBackendOptions): Promise<port.RuntimeBackend> {
  const host = await openHost(options);
  return new ProcessBackend(host, options.logLimitBytes ?? 16 * 1024 * 1024, options.logCheckMs ?? 30_000);
}

class ProcessBackend implements port.RuntimeBackend {
  readonly #environments: Environments;
  readonly #units: Units;
  readonly #networks: ClosedNetworks;
  readonly #releases: PythonReleases;
  readonly #turns = new OneAtATime();
  readonly #timer: NodeJS.Timeout;
  /** Environments whose closed network nobody may need any more. */
  readonly #resting = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly host: ProcessHost,
    private readonly logLimitBytes: number,
    logCheckMs: number,
  ) {
    this.#environments = new Environments(host);
    this.#units = new Units(host);
    this.#networks = new ClosedNetworks(host, this.#units);
    this.#releases = new PythonReleases(host);
    this.#timer = setInterval(() => void this.#rotateLogs(), logCheckMs).unref();
  }

  async capabilities(): Promise<port.BackendCapabilities> {
    const searchPath = this.host.installerEnvironment['PATH'] ?? '';
    const python = await findPython(undefined, searchPath, this.host.isolation).then(
      ({ version }) => ({ version }),
      (error: unknown) => ({ version: null, hint: error instanceof BackendFailure ? error.hint : String(error) }),
    );
    const { isolation, cgroups } = this.host;
    return {
      backend: 'process',
      isolation,
      limits: cgroups.limits,
      snapshots: false,
      networks: false,
      closing: await this.#networks.works(),
      python,
    };
  }

  async prepare(
    release: port.PreparedRelease,
    progress?: (step: port.PrepareProgress) => void,
  ): Promise<port.Installed> {
    checkRelease(release);
    return this.#releases.prepare(release, progress ?? (() => undefined));
  }

  async create(spec: port.EnvironmentSpec): Promise<port.Environment> {
    checkEnvironmentSpec(spec);
    return this.#turns.run(spec.id, async () => {
      if ((await this.#environments.find(spec.id))?.destroying) await this.#destroy(spec.id);
      return this.#environments.create(spec);
    });
  }

  async destroy(id: string): Promise<void> {
    checkEnvironmentId(id);
    await this.#turns.run(id, () => this.#destroy(id));
  }

  async observe(): Promise<port.Observation> {
    try {
      const ids = await this.#environments.list();
      return { state: 'known', environments: await Promise.all(ids.map((id) => this.#observe(id))) };
    } catch (error) {
      return { state: 'cannot-say', reason: String(error) };
    }
  }

  async start(id: string, unit: port.UnitSpec): Promise<port.UnitStatus> {
    checkUnit(unit);
    checkEnvironmentId(id);
    return this.#turns.run(id, async () => {
      const record = await this.#environments.need(id);
      return this.#units.start(record, unit, await this.#networkFor(id, unit));
    });
  }

  async stop(id: string, unitName: string): Promise<port.UnitStatus> {
    checkEnvironmentId(id);
    checkUnitName(unitName);
    return this.#turns.run(id, async () => {
      const record = await this.#environments.find(id);
      if (record === undefined) return { state: 'absent' };
      const status = await this.#units.stop(record, unitName);
      await this.#networks.rest(id);
      return status;
    });
  }

  async status(id: string, unitName: string): Promise<port.UnitStatus> {
    checkEnvironmentId(id);
    checkUnitName(unitName);
    return this.#units.status(id, unitName);
  }

  async exec(id: string, spec: port.ExecSpec): Promise<port.ExecResult> {
    checkEnvironmentId(id);
    checkCommand(spec.command, spec.environment);
    const record = await this.#environments.need(id);
    if (!(spec.closed ?? (await this.#networks.isClosed(id)))) return execIn(this.host, record, spec);
    try {
      const entrance = await this.#turns.run(id, () => this.#networks.need(id));
      return await execIn(this.host, record, { ...spec, entrance });
    } finally {
      this.#restSoon(id);
    }
  }

  /** A hook is seldom the last that runs closed: units follow, for which the network would be made anew. */
  #restSoon(id: string): void {
    clearTimeout(this.#resting.get(id));
    const rest = () => {
      this.#resting.delete(id);
      void this.#turns.run(id, () => this.#networks.rest(id)).catch(() => undefined); // the next stop lets it go
    };
    this.#resting.set(id, setTimeout(rest, REST_AFTER_MS).unref());
  }

  async dial(id: string, port: number): Promise<Socket> {
    checkEnvironmentId(id);
    return this.#networks.dial(id, port);
  }

  async *logs(id: string, unitName: string, options: port.LogOptions = {}): AsyncIterable<string> {
    checkEnvironmentId(id);
    checkUnitName(unitName);
    yield* readLog(this.#units.folder(id, unitName), options);
  }

  volume(id: string, path: string): port.Volume {
    checkEnvironmentId(id);
    const opened = this.#environments.need(id);
    opened.catch(() => undefined); // told to whoever asks for a file
    const { files } = this.#environments.paths(id);
    return new ProcessVolume(
      files,
      path,
      opened.then(({ user }) => user),
    );
  }

  async usage(id: string): Promise<port.EnvironmentUsage> {
    checkEnvironmentId(id);
    const record = await this.#environments.need(id);
    return usageOf(record, this.host.cgroups, this.#environments.paths(id).files);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const [id, timer] of this.#resting) {
      clearTimeout(timer);
      await this.#turns.run(id, () => this.#networks.rest(id));
    }
    this.#networks.hangUp();
    await this.host.cgroups.close();
  }

  /** Null: the host's. */
  async #networkFor(id: string, { network, closed }: port.UnitSpec): Promise<UnitNetwork | null> {
    const alone = network === 'none' && (await this.#networks.works());
    if (closed !== true) await this.#networks.open(id);
    else if (alone) await this.#networks.close(id);
    else return { kind: 'closed', entrance: await this.#networks.need(id) };
    return alone ? { kind: 'alone' } : null;
  }

  async #destroy(id: string): Promise<void> {
    const record = await this.#environments.find(id);
    if (record !== undefined) {
      await this.#environments.markDestroying(record);
      for (const unit of await this.#units.names(id)) await this.#units.stop(record, unit);
      await killAll({ record, cgroups: this.host.cgroups });
    }
    await this.#networks.remove(id);
    await this.#environments.remove(id);
  }

  async #observe(id: string): Promise<port.ObservedEnvironment> {
    try {
      const paths = this.#environments.paths(id);
      const record = await readRecord(paths);
      if (record === undefined || record.destroying) return { state: 'incomplete', id };
      const units: Record<string, port.UnitStatus> = {};
      for (const unit of await this.#units.names(id)) units[unit] = await this.#units.status(id, unit);
      return { state: 'present', id, environment: environmentOf(record, paths), units };
    } catch (error) {
      return { state: 'cannot-say', id, reason: String(error) };
    }
  }

  /** A log that cannot be rotated now is rotated at the next look. */
  async #rotateLogs(): Promise<void> {
    for (const id of await this.#environments.list().catch(() => [])) {
      for (const unit of await this.#units.names(id)) {
        await rotateLog(this.#units.folder(id, unit), this.logLimitBytes).catch(() => false);
      }
    }
  }
}
