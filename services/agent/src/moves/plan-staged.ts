import { listFiles, type StatePart } from '@freehold/state-parts';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiskRoom } from './disk-room.js';
import { planLine, planSteps, type PlanTotals, type SaidFile } from './fetch-plan.js';
import type { LineSpool } from './line-spool.js';
import { type MoveFolder, withRunFolder } from './move-folders.js';

export const planFile = (folder: MoveFolder, name: string): string => join(folder.lists, `${name}.plan`);

interface Planning {
  readonly folder: MoveFolder;
  /** Of the part. */
  readonly name: string;
  /** What the source says to have of it, in the order of the tree. */
  readonly said: AsyncIterable<SaidFile>;
  /** Where the plan is written. */
  readonly plan: LineSpool;
  /** Asked before a file comes into the plan. */
  readonly room: DiskRoom;
  /** Added to. */
  readonly totals: PlanTotals;
  readonly signal: AbortSignal;
}

/** Plans one part, and removes what is surplus of it; digests of what has not changed are remembered. */
export async function planStaged({ folder, name, said, plan, room, totals, signal }: Planning): Promise<void> {
  const part: StatePart = { name, kind: 'files', path: name, leaveOut: [] };
  const at = join(folder.staged, name);
  await mkdir(at, { recursive: true, mode: 0o700 });
  await withRunFolder(async (runFolder) => {
    const site = { folder: folder.staged, user: null, runFolder };
    const staged = listFiles(site, part, { cacheFile: join(folder.digests, name), signal });
    await planSteps(staged, said, totals, {
      remove: (path) => rm(join(at, path), { recursive: true, force: true }),
      fetch: async (file) => {
        await room.take(file.sizeBytes);
        await plan.write(planLine(file));
      },
    });
  });
}
