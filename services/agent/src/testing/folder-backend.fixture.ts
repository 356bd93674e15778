import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MemoryBackend } from '../backend/memory/memory-backend.js';
import type { MemoryHost } from '../backend/memory/memory-host.js';
import { ProcessVolume } from '../backend/process/process-volume.js';
import type { Environment, EnvironmentSpec, Observation, Volume } from '../backend/runtime-backend.js';

/** A backend whose programs are functions and whose environments are real folders, all of our own user. */
export class FolderBackend extends MemoryBackend {
  constructor(
    host: MemoryHost,
    private readonly root: string,
  ) {
    super(host);
  }

  folderOf(id: string): string {
    return join(this.root, id);
  }

  override async create(spec: EnvironmentSpec): Promise<Environment> {
    for (const folder of ['', ...spec.folders]) await mkdir(join(this.folderOf(spec.id), folder), { recursive: true });
    return this.#here(await super.create(spec));
  }

  override async destroy(id: string): Promise<void> {
    await super.destroy(id);
    await rm(this.folderOf(id), { recursive: true, force: true });
  }

  override async observe(): Promise<Observation> {
    const seen = await super.observe();
    if (seen.state === 'cannot-say') return seen;
    const environments = seen.environments.map((one) =>
      one.state === 'present' ? { ...one, environment: this.#here(one.environment) } : one,
    );
    return { state: 'known', environments };
  }

  override volume(id: string, path: string): Volume {
    return new ProcessVolume(this.folderOf(id), path, Promise.resolve(OURS));
  }

  #here(environment: Environment): Environment {
    return { ...environment, folder: this.folderOf(environment.id), user: OURS };
  }
}

const OURS = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
