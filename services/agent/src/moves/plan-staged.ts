import { listFiles, type StatePart } from '@freehold/state-parts';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type PlanTotals, removeSurplus, type SaidFile, writePlan } from './fetch-plan.js';
import { type MoveFolder, withRunFolder } from './move-folders.js';

export const planFile = (folder: MoveFolder, name: string): string => join(folder.lists, `${name}.plan`);

interface Planning {
  readonly folder: MoveFolder;
  /** Of the part. */
  readonly name: string;
  /** What the source says to have of it, in the order of the tree. */
  readonly said: AsyncIterable<SaidFile>;
  /** Added to. */
  readonly totals: PlanTotals;
  readonly signal: AbortSignal;
}

/** Writes the plan of one part, and removes what is surplus of it; digests of what has not changed are remembered. */
export async function planStaged({ folder, name, said, totals, signal }: Planning): Promise<void> {
  const part: StatePart = { name, kind: 'files', path: name, leaveOut: [] };
  for (const needed of [folder.lists, join(folder.staged, name)]) await mkdir(needed, { recursive: true, mode: 0o700 });
  await withRunFolder(async (runFolder) => {
    const site = { folder: folder.staged, user: null, runFolder };
    const staged = listFiles(site, part, { cacheFile: join(folder.digests, name), signal });
    await writePlan(planFile(folder, name), staged, said, totals);
  });
  await removeSurplus(planFile(folder, name), join(folder.staged, name));
}
