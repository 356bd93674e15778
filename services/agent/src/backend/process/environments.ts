import { chmod, chown, mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { BackendFailure, errnoOf } from '../backend-failure.js';
import { OneAtATime } from '../one-at-a-time.js';
import type { Environment, EnvironmentSpec } from '../runtime-backend.js';
import { environmentPaths, readRecord, writeRecord } from './environment-record.js';
import type { EnvironmentPaths, EnvironmentRecord } from './environment-record.js';
import { ProcessVolume } from './process-volume.js';
import type { ProcessHost } from './process-backend.options.js';
import { allProcesses } from './process-table.js';

/**
 * Makes and removes environments' folders, ports, users and control groups. The record is written after
 * the numbers are claimed and before anything else is made; it goes last but for the claims. A crash in
 * between leaves claims without a record, which become stale by themselves (claims.ts).
 */
export class Environments {
  readonly #numbers = new OneAtATime();

  constructor(private readonly host: ProcessHost) {}

  paths(id: string): EnvironmentPaths {
    return environmentPaths(this.host.environments, id);
  }

  async find(id: string): Promise<EnvironmentRecord | undefined> {
    return readRecord(this.paths(id));
  }

  async need(id: string): Promise<EnvironmentRecord> {
    const record = await this.find(id);
    if (record !== undefined && !record.destroying) return record;
    throw new BackendFailure('environment-unknown', 'there is no such environment on this host', {
      hint: 'create it first',
      values: { environment: id },
    });
  }

  async list(): Promise<string[]> {
    const entries = await readdir(this.host.environments, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  }

  async create(spec: EnvironmentSpec): Promise<Environment> {
    const paths = this.paths(spec.id);
    const record = await this.#numbers.run('', async () => {
      const old = await readRecord(paths);
      const fresh = {
        version: 1 as const,
        id: spec.id,
        ports: await this.#choosePorts(spec.ports, old?.ports ?? {}, paths.record),
        ...(old === undefined ? await this.#chooseUser(paths.record) : { user: old.user, ownUser: old.ownUser }),
        limits: spec.limits,
        destroying: false,
      };
      if (JSON.stringify(old) !== JSON.stringify(fresh)) await writeRecord(paths, fresh);
      return fresh;
    });
    await this.#makeFolders(paths, record, spec.folders);
    await this.host.cgroups.limit(spec.id, spec.limits);
    return environmentOf(record, paths);
  }

  async markDestroying(record: EnvironmentRecord): Promise<void> {
    await writeRecord(this.paths(record.id), { ...record, destroying: true });
  }

  /** Nothing of it may run any more. */
  async remove(id: string): Promise<void> {
    const paths = this.paths(id);
    await this.host.cgroups.remove(id);
    for (const part of [paths.files, paths.launch, paths.units]) await rm(part, { recursive: true, force: true });
    const record = await readRecord(paths);
    await rm(paths.folder, { recursive: true, force: true });
    if (record === undefined) return;
    for (const port of Object.values(record.ports)) await this.host.claims.free('port', port, paths.record);
    if (record.ownUser) await this.host.claims.free('uid', record.user.uid, paths.record);
  }

  async #makeFolders(paths: EnvironmentPaths, record: EnvironmentRecord, folders: readonly string[]): Promise<void> {
    for (const [folder, mode] of [
      [paths.folder, 0o711],
      [paths.launch, 0o711],
      [paths.units, 0o700],
    ] as const) {
      await mkdir(folder, { recursive: true, mode });
      await chmod(folder, mode);
    }
    const made = await mkdir(paths.files, { mode: 0o700 }).then(
      () => true,
      (error: unknown) => {
        if (errnoOf(error) === 'EEXIST') return false;
        throw error;
      },
    );
    if (made || (await stat(paths.files)).uid !== record.user.uid) {
      await chown(paths.files, record.user.uid, record.user.gid);
    }
    const volume = new ProcessVolume(paths.files, '', Promise.resolve(record.user));
    for (const folder of folders) await volume.makeFolder(folder);
  }

  async #choosePorts(
    names: readonly string[],
    kept: Readonly<Record<string, number>>,
    record: string,
  ): Promise<Record<string, number>> {
    const ports: Record<string, number> = { ...kept };
    for (const port of Object.values(kept)) await this.host.claims.take('port', port, record);
    for (const name of names) {
      if (Object.hasOwn(ports, name)) continue;
      const taken = new Set(Object.values(ports));
      const port = await firstOf(this.host.ports, async (candidate) => {
        if (taken.has(candidate) || !(await isFree(candidate))) return false;
        return this.host.claims.take('port', candidate, record);
      });
      if (port === undefined) usedUp('ports-used-up', 'no port is left', 'widen the range of ports');
      ports[name] = port;
    }
    return ports;
  }

  async #chooseUser(record: string): Promise<Pick<EnvironmentRecord, 'user' | 'ownUser'>> {
    if (this.host.isolation === 'none') {
      return { user: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }, ownUser: false };
    }
    const running = new Set((await allProcesses()).map(({ uid }) => uid));
    const named = await namedIds();
    const uid = await firstOf(this.host.users, async (candidate) => {
      if (running.has(candidate) || named.has(candidate)) return false;
      return this.host.claims.take('uid', candidate, record);
    });
    if (uid === undefined) usedUp('users-used-up', 'no user id is left', 'widen the range of user ids');
    return { user: { uid, gid: uid }, ownUser: true };
  }
}

export function environmentOf(record: EnvironmentRecord, paths: EnvironmentPaths): Environment {
  return { id: record.id, folder: paths.files, ports: record.ports, user: record.user };
}

async function firstOf(
  range: { readonly first: number; readonly last: number },
  suits: (candidate: number) => Promise<boolean>,
): Promise<number | undefined> {
  for (let candidate = range.first; candidate <= range.last; candidate++) if (await suits(candidate)) return candidate;
  return undefined;
}

function usedUp(code: 'ports-used-up' | 'users-used-up', message: string, hint: string): never {
  throw new BackendFailure(code, message, { hint: `${hint}, or remove environments that nobody needs` });
}

/** Ids that the host's own accounts and groups use. */
async function namedIds(): Promise<Set<number>> {
  const files = await Promise.all(['/etc/passwd', '/etc/group'].map((file) => readFile(file, 'utf8').catch(() => '')));
  return new Set(files.flatMap((text) => text.split('\n').map((line) => Number(line.split(':')[2] ?? Number.NaN))));
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: '127.0.0.1', port, exclusive: true }, resolve);
    });
    return true;
  } catch {
    return false;
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
