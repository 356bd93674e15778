/**
 * The backend in memory, for tests of whatever drives a backend: programs are functions, files are maps.
 * Owns nothing on the host; its state lies in a MemoryHost, which a second backend may share ("after a crash").
 */
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { BackendFailure } from '../backend-failure.js';
import {
  checkCommand,
  checkEnvironmentId,
  checkEnvironmentSpec,
  checkRelease,
  checkUnit,
  checkUnitName,
  pathParts,
} from '../backend-input.js';
import { OUTPUT_LIMIT_BYTES } from '../runtime-backend.js';
import type * as port from '../runtime-backend.js';
import { MemoryUnit } from './memory-host.js';
import type { MemoryEnvironment, MemoryHost } from './memory-host.js';
import { ClosedMemoryNetwork, type MemoryNetwork, openNetwork } from './memory-network.js';
import { MemoryVolume, parentsOf } from './memory-volume.js';

export class MemoryBackend implements port.RuntimeBackend {
  constructor(private readonly host: MemoryHost) {}

  async capabilities(): Promise<port.BackendCapabilities> {
    const python = { version: '3.99.0' };
    return {
      backend: 'memory',
      isolation: 'none',
      limits: [],
      snapshots: false,
      networks: false,
      closing: true,
      python,
    };
  }

  async prepare(
    release: port.PreparedRelease,
    progress?: (step: port.PrepareProgress) => void,
  ): Promise<port.Installed> {
    checkRelease(release);
    const { digest, requirements } = release;
    const present = this.host.releases.get(digest);
    if (present !== undefined && present.requirements !== requirements) {
      throw new BackendFailure('release-conflict', 'this digest is installed with other requirements', {
        hint: 'a changed release has a digest of its own; publish it again',
        values: { digest },
      });
    }
    progress?.(
      present ? { phase: 'present', message: 'already installed' } : { phase: 'packages', message: 'installing' },
    );
    const folder = `/memory/releases/${digest}`;
    const installed =
      present?.installed ??
      Promise.resolve({ digest, folder, python: `${folder}/bin/python`, pythonVersion: '3.99.0' });
    this.host.releases.set(digest, { requirements, installed });
    return installed;
  }

  async create(spec: port.EnvironmentSpec): Promise<port.Environment> {
    checkEnvironmentSpec(spec);
    const present = this.host.environments.get(spec.id);
    const ports: Record<string, number> = { ...present?.environment.ports };
    for (const name of spec.ports) ports[name] ??= this.host.nextNumber();
    const id = this.host.nextNumber();
    const user = present?.environment.user ?? { uid: id, gid: id };
    const environment = { id: spec.id, folder: `/memory/environments/${spec.id}`, ports, user };
    const folders = present?.folders ?? new Set<string>();
    for (const path of spec.folders) {
      const folder = pathParts(path).join('/');
      for (const one of [...parentsOf(folder), folder]) folders.add(one);
    }
    this.host.environments.set(spec.id, {
      environment,
      limits: spec.limits,
      folders,
      files: present?.files ?? new Map(),
      units: present?.units ?? new Map(),
      network: present?.network ?? openNetwork,
    });
    return environment;
  }

  async destroy(id: string): Promise<void> {
    checkEnvironmentId(id);
    const units = [...(this.host.environments.get(id)?.units.keys() ?? [])];
    await Promise.all(units.map((unit) => this.stop(id, unit)));
    this.host.environments.delete(id);
  }

  async observe(): Promise<port.Observation> {
    const environments = [...this.host.environments.values()].map(({ environment, units }) => {
      const states = [...units].map(([name, unit]): [string, port.UnitStatus] => [name, statusOf(unit)]);
      return { state: 'present' as const, id: environment.id, environment, units: Object.fromEntries(states) };
    });
    return { state: 'known', environments };
  }

  async start(id: string, unit: port.UnitSpec): Promise<port.UnitStatus> {
    checkUnit(unit);
    const environment = this.#need(id);
    const { units } = environment;
    const present = units.get(unit.name);
    if (present !== undefined && present.exit === undefined) return statusOf(present);
    const around = unit.closed === true ? closedNetworkOf(environment) : openNetwork;
    if (unit.closed !== true && !runsClosed(environment)) environment.network = openNetwork;
    const network = unit.network === 'none' ? new ClosedMemoryNetwork() : around;
    const fresh = new MemoryUnit(this.host, unit, { earlier: present?.log ?? [], network });
    units.set(unit.name, fresh);
    return statusOf(fresh);
  }

  async stop(id: string, unitName: string): Promise<port.UnitStatus> {
    checkEnvironmentId(id);
    checkUnitName(unitName);
    const unit = this.host.environments.get(id)?.units.get(unitName);
    await unit?.stop();
    return statusOf(unit);
  }

  async status(id: string, unitName: string): Promise<port.UnitStatus> {
    checkEnvironmentId(id);
    checkUnitName(unitName);
    return statusOf(this.host.environments.get(id)?.units.get(unitName));
  }

  async exec(id: string, spec: port.ExecSpec): Promise<port.ExecResult> {
    checkCommand(spec.command, spec.environment);
    const environment = this.#need(id);
    const closed = spec.closed ?? environment.network !== openNetwork;
    const [name = '', ...args] = spec.command;
    const program = this.host.programs[name] ?? (async () => 127);
    const printed = { stdout: '', stderr: '' };
    const stopping = new AbortController();
    const run = program({
      args,
      environment: spec.environment,
      stdin: Buffer.from(spec.stdin ?? '').toString('utf8'),
      print: (text) => void (printed.stdout += text),
      complain: (text) => void (printed.stderr += text),
      stopping: stopping.signal,
      network: closed ? closedNetworkOf(environment) : openNetwork,
    });
    const exitCode = await Promise.race([run, pause(spec.timeoutMs, undefined, { ref: false })]);
    stopping.abort();
    if (exitCode === undefined) {
      throw new BackendFailure('exec-timed-out', 'the command took too long and was ended', {
        hint: 'see why it waits, or allow it more time',
        values: { timeoutMs: spec.timeoutMs },
      });
    }
    const [stdout, stderr] = [bounded(printed.stdout), bounded(printed.stderr)];
    return { exitCode, stdout, stderr, truncated: stdout !== printed.stdout || stderr !== printed.stderr };
  }

  async dial(id: string, port: number): Promise<Socket> {
    checkEnvironmentId(id);
    return (this.host.environments.get(id)?.network ?? openNetwork).connect('127.0.0.1', port);
  }

  async *logs(id: string, unitName: string, options: port.LogOptions = {}): AsyncIterable<string> {
    const { follow = false, lines = 200, signal } = options;
    checkEnvironmentId(id);
    checkUnitName(unitName);
    const log = () => this.host.environments.get(id)?.units.get(unitName)?.log ?? [];
    let next = Math.max(0, log().length - lines);
    do {
      while (next < log().length) yield log()[next++] ?? '';
      if (follow) await pause(10, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    } while (follow && !(signal?.aborted ?? false));
  }

  volume(id: string, path: string): port.Volume {
    checkEnvironmentId(id);
    return new MemoryVolume(() => this.#need(id), path);
  }

  async usage(id: string): Promise<port.EnvironmentUsage> {
    const { files, units } = this.#need(id);
    const diskBytes = [...files.values()].reduce((sum, { content }) => sum + content.length, 0);
    const pids = [...units.values()].filter(({ exit }) => exit === undefined).length;
    return { memoryBytes: 0, cpuTimeMs: 0, pids, diskBytes };
  }

  async close(): Promise<void> {}

  #need(id: string): MemoryEnvironment {
    checkEnvironmentId(id);
    const found = this.host.environments.get(id);
    if (found !== undefined) return found;
    throw new BackendFailure('environment-unknown', 'there is no such environment on this host', {
      hint: 'create it first',
      values: { environment: id },
    });
  }
}

/** The environment's own network; it is closed from now on. */
function closedNetworkOf(environment: MemoryEnvironment): MemoryNetwork {
  if (environment.network === openNetwork) environment.network = new ClosedMemoryNetwork();
  return environment.network;
}

const runsClosed = ({ units }: MemoryEnvironment): boolean =>
  [...units.values()].some(({ spec, exit }) => spec.closed === true && spec.network !== 'none' && exit === undefined);

function statusOf(unit: MemoryUnit | undefined): port.UnitStatus {
  if (unit === undefined) return { state: 'absent' };
  const { specDigest, pid, since, exit } = unit;
  if (exit !== undefined) return { state: 'exited', ...exit, specDigest };
  return { state: 'running', pid, startTime: String(pid), since, specDigest };
}

function bounded(text: string): string {
  return Buffer.from(text).subarray(0, OUTPUT_LIMIT_BYTES).toString('utf8');
}
