import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeDurably } from '../../journal/durable-file.js';
import { BackendFailure, errnoOf } from '../backend-failure.js';

/**
 * What lies in an environment's folder. Only `files` belongs to the environment's user; the rest is the
 * agent's, so that an application can forge neither its record nor a pid.
 *
 *     <environments>/<id>/            0711
 *       environment.json              record; without it the environment is incomplete
 *       units/<name>/                 0700: unit.json wanted lock [namespace] keeper.pid unit.pid unit.exit log log.1
 *       launch/<name>.sh              readable by the environment's group
 *       network/                      0700: lock holder.pid net log; there while the environment is closed
 *       files/                        the environment itself, 0700
 */
export interface EnvironmentPaths {
  readonly folder: string;
  readonly record: string;
  readonly units: string;
  readonly launch: string;
  readonly network: string;
  readonly files: string;
}

export const environmentRecord = z.strictObject({
  version: z.literal(1),
  id: z.string(),
  ports: z.record(z.string(), z.int()),
  user: z.strictObject({ uid: z.int(), gid: z.int() }),
  /** Uid and gid were taken from the range (as root). */
  ownUser: z.boolean(),
  limits: z.strictObject({ memoryBytes: z.int(), cpuMillis: z.int(), pids: z.int(), diskBytes: z.int() }),
  destroying: z.boolean(),
});
export type EnvironmentRecord = z.infer<typeof environmentRecord>;

export function environmentPaths(environments: string, id: string): EnvironmentPaths {
  const folder = join(environments, id);
  return {
    folder,
    record: join(folder, 'environment.json'),
    units: join(folder, 'units'),
    launch: join(folder, 'launch'),
    network: join(folder, 'network'),
    files: join(folder, 'files'),
  };
}

/** The record, or undefined when there is none; throws `record-unreadable` when that cannot be said. */
export async function readRecord(paths: EnvironmentPaths): Promise<EnvironmentRecord | undefined> {
  try {
    return environmentRecord.parse(JSON.parse(await readFile(paths.record, 'utf8')));
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return undefined;
    throw new BackendFailure('record-unreadable', 'the record of an environment cannot be read', {
      hint: 'look at the file named here; restore it or, if nothing in its folder is needed, remove the folder',
      values: { file: paths.record },
      cause,
    });
  }
}

export async function writeRecord(paths: EnvironmentPaths, record: EnvironmentRecord): Promise<void> {
  await mkdir(paths.folder, { recursive: true, mode: 0o711 });
  await writeDurably(paths.record, JSON.stringify(record));
}
