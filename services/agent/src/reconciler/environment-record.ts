import { Id } from '@freehold/kernel';
import { Forward } from '@freehold/provisioning-contract';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { sweepUnfinished, syncFolder, writeDurably } from '../journal/durable-file.js';

const UnitRecord = z.object({
  name: z.string(),
  command: z.array(z.string()),
  workingFolder: z.string().optional(),
  environment: z.record(z.string(), z.string()),
  stopSignal: z.enum(['SIGTERM', 'SIGINT']).optional(),
  stopTimeoutMs: z.number(),
  network: z.enum(['host', 'none']).default('host'),
});
const HttpProbe = z.object({ port: z.number(), path: z.string(), status: z.number(), timeoutMs: z.number() });

const Identity = z.object({
  kind: z.string(),
  name: z.string(),
  port: z.number(),
  path: z.string(),
  /** How the application speaks of itself: origin under its own name. */
  publicUrl: z.string(),
});
/** Version 0.1 kept one at most, and Matrix servers only. */
const EarlierIdentity = z
  .object({ kind: z.string(), name: z.string(), port: z.number() })
  .nullable()
  .transform((one) => (one === null ? [] : [{ ...one, path: '', publicUrl: '' }]));

/** What was rendered and written, without the files' content: enough to run it again when nobody can be asked. */
const Configured = z.object({
  generation: z.int(),
  application: z.string(),
  version: z.string(),
  digest: z.string(),
  releaseFolder: z.string(),
  units: z.array(UnitRecord),
  files: z.array(z.object({ path: z.string(), sha256: z.string(), mode: z.number() })),
  /** Keys the digest of the files that units are started with (`configurationMark`). */
  salt: z.string(),
  health: z.object({ startTimeoutMs: z.number(), started: HttpProbe, ready: HttpProbe }),
  identity: z.union([z.array(Identity), EarlierIdentity]),
  routes: z.array(z.object({ name: z.string(), port: z.number() })),
});
export type Configured = z.infer<typeof Configured>;

const EnvironmentRecord = z.object({
  version: z.literal(1),
  environment: Id,
  operator: Id,
  deployment: Id,
  configured: Configured.nullable(),
  reportedGeneration: z.int().nonnegative(),
  /** The generation that was given up last; 0: none. It is tried on, quietly. */
  failedGeneration: z.int().nonnegative(),
  routed: z.boolean(),
  /** Its names led to it at some time. */
  served: z.boolean().default(false),
  /** Where its names lead while it is stopped. */
  forwarded: Forward.nullable().default(null),
  parked: z.boolean(),
});
export type EnvironmentRecord = z.infer<typeof EnvironmentRecord>;

/**
 * What the agent knows of each environment, a file of mode 0600 each in its own folder, out of the applications' reach.
 * It holds names and commands, never a secret. If one is lost or damaged, the configuration is asked for again.
 */
export class EnvironmentRecords {
  private constructor(private readonly folder: string) {}

  static async open(folder: string): Promise<EnvironmentRecords> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await sweepUnfinished(folder);
    return new EnvironmentRecords(folder);
  }

  async all(): Promise<EnvironmentRecord[]> {
    const names = (await readdir(this.folder)).filter((name) => name.endsWith('.json') && !name.startsWith('.'));
    const records = await Promise.all(names.map((name) => this.#read(join(this.folder, name))));
    return records.filter((record) => record !== null);
  }

  async read(environment: string): Promise<EnvironmentRecord | null> {
    return this.#read(this.#file(environment));
  }

  async write(record: EnvironmentRecord): Promise<void> {
    await writeDurably(this.#file(record.environment), JSON.stringify(record));
  }

  async remove(environment: string): Promise<void> {
    await rm(this.#file(environment), { force: true });
    await syncFolder(this.folder);
  }

  #file(environment: string): string {
    return join(this.folder, `${Id.parse(environment)}.json`);
  }

  async #read(file: string): Promise<EnvironmentRecord | null> {
    try {
      return EnvironmentRecord.parse(JSON.parse(await readFile(file, 'utf8')));
    } catch (error) {
      if (error instanceof z.ZodError || isUnreadable(error)) return null;
      throw error;
    }
  }
}

/** Missing, or not JSON. By shape: the error may come from another realm. */
function isUnreadable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  return ('code' in error && error.code === 'ENOENT') || ('name' in error && error.name === 'SyntaxError');
}
