import { countsOf, statePartsOf } from '@freehold/application-package';
import { formatMtree, type MtreeEntry } from '@freehold/bag';
import {
  capturePart,
  compareReports,
  type Difference,
  type Listed,
  listFiles,
  type PartReport,
  reportPart,
  restorePart,
  type Site,
  type StatePart,
} from '@freehold/state-parts';
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { PackageGround } from './package.ground.js';

/** What was compared, and in what the two sides differ: nothing, if the move was one. */
export interface Moved {
  readonly reports: readonly PartReport[];
  readonly differences: readonly Difference[];
}

/**
 * Moves the state of a deployment at rest into its successor's empty environment, without a network between: captured as
 * declared, restored, and counted on both sides. Nothing runs on either side meanwhile.
 */
export async function moveState(from: PackageGround, to: PackageGround): Promise<Moved> {
  // Short: an engine's socket lies below it. An environment's own user passes through it.
  const folder = await mkdtemp(join(tmpdir(), 'fh-'));
  try {
    await chmod(folder, 0o711);
    const [source, target] = [await siteOf(from, folder), await siteOf(to, folder)];
    const reports: { readonly before: PartReport[]; readonly after: PartReport[] } = { before: [], after: [] };
    for (const part of statePartsOf(from.app, from.settings)) {
      const captured = join(folder, 'parts', part.name);
      await mkdir(captured, { recursive: true });
      await capturePart(source, part, captured);
      if (part.kind === 'files') await captureTree(source, part, captured);
      reports.before.push(await reportPart(source, part, countsOf(from.app, part)));
      await restorePart(target, part, captured);
      reports.after.push(await reportPart(target, part, countsOf(to.app, part)));
    }
    return { reports: reports.after, differences: compareReports(reports.before, reports.after) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function siteOf(ground: PackageGround, folder: string): Promise<Site> {
  const { folder: place, user } = await ground.place();
  const own = user.uid === process.getuid?.();
  return { folder: place, user: own ? null : user, runFolder: join(folder, 'run') };
}

/** The files of a part as they lie in a bag, and beside them what a bag leaves out. */
async function captureTree(site: Site, part: StatePart, into: string): Promise<void> {
  await writeFile(`${into}.mtree`, formatMtree(entries(listFiles(site, part))));
  for await (const { type, path } of listFiles(site, part)) {
    if (type !== 'file') continue;
    await mkdir(dirname(join(into, path)), { recursive: true });
    await copyFile(join(site.folder, part.path, path), join(into, path));
  }
}

async function* entries(listed: AsyncIterable<Listed>): AsyncGenerator<MtreeEntry> {
  for await (const entry of listed) yield entry.type === 'link' ? { ...entry, mode: 0o777 } : entry;
}
