import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { errnoOf } from '../backend-failure.js';
import { poll } from '../poll.js';
import type { UnitStatus } from '../runtime-backend.js';
import { isAlive } from './process-table.js';
import type { ProcessIdentity } from './process-table.js';

/** unit.json: what was last started, for stop and for telling a changed spec. Without variables. */
export const startedUnit = z.strictObject({
  name: z.string(),
  stopSignal: z.enum(['SIGTERM', 'SIGINT']),
  stopTimeoutMs: z.number(),
  specDigest: z.string(),
  closed: z.boolean().default(false),
});
export type StartedUnit = z.infer<typeof startedUnit>;

/** How long the shim may take from a process's death to its exit code. */
const KEEPER_GRACE_MS = 2_000;

export async function readStarted(folder: string): Promise<StartedUnit | undefined> {
  const text = await readIfThere(join(folder, 'unit.json'));
  return text === undefined ? undefined : startedUnit.parse(JSON.parse(text));
}

/** What the shim recorded under `unit.pid` or `keeper.pid`, alive or not. */
export async function readIdentity(
  folder: string,
  file: 'unit.pid' | 'keeper.pid' | 'holder.pid',
): Promise<ProcessIdentity | undefined> {
  const [pid, startTime, boot] = ((await readIfThere(join(folder, file))) ?? '').trim().split(' ');
  if (pid === undefined || startTime === undefined || boot === undefined) return undefined;
  return { pid: Number(pid), startTime, boot };
}

/** The truth about a unit, from the shim's files and the process table. */
export async function readStatus(folder: string): Promise<UnitStatus> {
  return statusOf(folder, await readIdentity(folder, 'unit.pid'));
}

/** The same for one process of the unit, which the caller has read from `unit.pid`. */
export async function statusOf(folder: string, unit: ProcessIdentity | undefined): Promise<UnitStatus> {
  const started = await readStarted(folder);
  if (started === undefined || unit === undefined) return { state: 'absent' };
  if (await isAlive(unit)) {
    const since = await timeOf(join(folder, 'unit.pid'));
    return { state: 'running', pid: unit.pid, startTime: unit.startTime, since, specDigest: started.specDigest };
  }
  const keeper = await readIdentity(folder, 'keeper.pid');
  const exit = await poll(KEEPER_GRACE_MS, async () => {
    const seen = await readExit(folder);
    if (seen !== undefined || (keeper !== undefined && (await isAlive(keeper)))) return seen;
    return (await readExit(folder)) ?? { exitCode: null, at: await timeOf(join(folder, 'unit.pid')) };
  });
  const { exitCode, at } = exit ?? { exitCode: null, at: await timeOf(join(folder, 'unit.pid')) };
  return { state: 'exited', exitCode, at, specDigest: started.specDigest };
}

async function readExit(folder: string): Promise<{ exitCode: number; at: string } | undefined> {
  const text = await readIfThere(join(folder, 'unit.exit'));
  if (text === undefined) return undefined;
  return { exitCode: Number(text.trim()), at: await timeOf(join(folder, 'unit.exit')) };
}

/** A file's time of writing; now, when it went in between. */
async function timeOf(file: string): Promise<string> {
  const written = await stat(file).catch(() => undefined);
  return (written?.mtime ?? new Date()).toISOString();
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
