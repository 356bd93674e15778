import { mkdir, readFile, readdir, rmdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoOf } from '../backend-failure.js';
import { poll } from '../poll.js';
import type { EnvironmentLimits } from '../runtime-backend.js';

type Controller = 'memory' | 'cpu' | 'pids';
interface Hierarchy {
  readonly folder: string;
  readonly controllers: readonly Controller[];
  readonly version: 1 | 2;
}

const MOUNT = '/sys/fs/cgroup';
const CONTROLLERS: readonly Controller[] = ['memory', 'cpu', 'pids'];
const LIMIT_OF = { memory: 'memoryBytes', cpu: 'cpuMillis', pids: 'pids' } as const;

/**
 * Control groups (cgroups(7)), version 2 where its controllers are there, else version 1: one group per
 * environment with the limits, below it one per unit, so that a unit's processes are known for certain.
 * Where the file system is read-only or absent there is none and nothing is limited.
 */
export class Cgroups {
  private constructor(private readonly hierarchies: readonly Hierarchy[]) {}

  /**
   * @param name one folder name for all groups of one backend.
   * @param mount where control groups are, or would be
   */
  static async open(name: string, mount = MOUNT): Promise<Cgroups> {
    const unified = await openUnified(name, mount);
    if (unified !== undefined) return new Cgroups([unified]);
    const found: Hierarchy[] = [];
    for (const controller of CONTROLLERS) {
      const folder = join(mount, controller, name);
      if (await usable(folder, limitFiles(1, controller)))
        found.push({ folder, controllers: [controller], version: 1 });
    }
    return new Cgroups(found);
  }

  static none(): Cgroups {
    return new Cgroups([]);
  }

  get limits(): (keyof EnvironmentLimits)[] {
    return this.hierarchies.flatMap(({ controllers }) => controllers.map((controller) => LIMIT_OF[controller]));
  }

  async limit(environment: string, limits: EnvironmentLimits): Promise<void> {
    for (const { folder, controllers, version } of this.hierarchies) {
      const group = await madeBelow(folder, environment);
      for (const controller of controllers) {
        for (const [file, value] of limitValues(version, controller, limits)) await writeFile(join(group, file), value);
      }
    }
  }

  /** Makes the group of a unit; answers the files that a process writes its pid into to be in it. */
  async join(environment: string, unit: string): Promise<string[]> {
    const files: string[] = [];
    for (const { folder } of this.hierarchies) {
      const group = await madeBelow(await madeBelow(folder, environment), unit);
      files.push(join(group, 'cgroup.procs'));
    }
    return files;
  }

  /** Pids in a unit's group, or in all groups of an environment. */
  async members(environment: string, unit?: string): Promise<Set<number>> {
    const pids = new Set<number>();
    for (const { folder } of this.hierarchies) {
      const top = join(folder, environment);
      const groups = unit === undefined ? ['.', ...(await subfolders(top))] : [unit];
      for (const group of groups) {
        const text = await readFile(join(top, group, 'cgroup.procs'), 'utf8').catch(() => '');
        text.split('\n').forEach((line) => line !== '' && pids.add(Number(line)));
      }
    }
    return pids;
  }

  async remove(environment: string): Promise<void> {
    for (const { folder } of this.hierarchies) {
      const top = join(folder, environment);
      for (const group of await subfolders(top)) await removeGroup(join(top, group));
      await removeGroup(top);
    }
  }

  async removeUnit(environment: string, unit: string): Promise<void> {
    for (const { folder } of this.hierarchies) await removeGroup(join(folder, environment, unit));
  }

  /** Removes the backend's own groups if no environment is left. */
  async close(): Promise<void> {
    for (const { folder } of this.hierarchies) await rmdir(folder).catch(() => undefined);
  }
}

async function openUnified(name: string, mount: string): Promise<Hierarchy | undefined> {
  const available = (await readFile(join(mount, 'cgroup.controllers'), 'utf8').catch(() => '')).split(/\s+/);
  const wanted = CONTROLLERS.filter((controller) => available.includes(controller));
  if (wanted.length === 0) return undefined;
  const folder = join(mount, name);
  try {
    const enable = wanted.map((controller) => `+${controller}`).join(' ');
    await writeFile(join(mount, 'cgroup.subtree_control'), enable);
    await madeBelow(mount, name);
    await writeFile(join(folder, 'cgroup.subtree_control'), enable);
  } catch {
    return undefined;
  }
  const controllers: Controller[] = [];
  for (const controller of wanted) if (await usable(folder, limitFiles(2, controller))) controllers.push(controller);
  return controllers.length > 0 ? { folder, controllers, version: 2 } : undefined;
}

async function usable(folder: string, files: readonly string[]): Promise<boolean> {
  const probe = join(folder, `probe-${process.pid}`);
  try {
    await madeBelow(dirname(folder), basename(folder));
    await madeBelow(folder, basename(probe));
    for (const file of files) await stat(join(probe, file));
    return true;
  } catch {
    return false;
  } finally {
    await rmdir(probe).catch(() => undefined);
  }
}

function limitFiles(version: 1 | 2, controller: Controller): string[] {
  const sample = { memoryBytes: 1, cpuMillis: 1, pids: 1, diskBytes: 1 };
  return limitValues(version, controller, sample).map(([file]) => file);
}

/**
 * A group, made unless it is there. One at a time: where the parent can have no folders, as in `/sys/fs/cgroup` without control
 * groups, Node's recursive `mkdir` never ends (nodejs/node, src/node_file.cc, MKDirp).
 */
async function madeBelow(folder: string, name: string): Promise<string> {
  const group = join(folder, name);
  await mkdir(group).catch((error: unknown) => {
    if (errnoOf(error) !== 'EEXIST') throw error;
  });
  return group;
}

const within = (low: number, value: number, high: number): number => Math.min(high, Math.max(low, Math.round(value)));

/**
 * Memory and processes are ceilings. The processor is a share: what a plan promises when all want it at once, and what
 * is idle may be used, so that an application starts as fast as the machine lets it.
 */
function limitValues(
  version: 1 | 2,
  controller: Controller,
  limits: EnvironmentLimits,
): [file: string, value: string][] {
  switch (controller) {
    case 'memory':
      return [[version === 1 ? 'memory.limit_in_bytes' : 'memory.max', String(limits.memoryBytes)]];
    case 'pids':
      return [['pids.max', String(limits.pids)]];
    case 'cpu':
      if (version === 2) return [['cpu.weight', String(within(1, limits.cpuMillis / 10, 10_000))]];
      return [['cpu.shares', String(within(2, (limits.cpuMillis * 1024) / 1000, 262_144))]];
  }
}

async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

/** The kernel lets a group go a moment after its last process. */
async function removeGroup(folder: string): Promise<void> {
  await poll(5_000, async () => {
    try {
      await rmdir(folder);
      return true;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return true;
      if (errnoOf(error) !== 'EBUSY') throw error;
      return undefined;
    }
  });
}
