import { randomBytes } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../backend-failure.js';

/** Long enough for an allocation to reach its record; a younger claim is never stale. */
const GRACE_MS = 60_000;

/** What installations on one machine must not share: ports, user ids, addresses with their router's port. */
type Kind = 'port' | 'uid' | 'address';

/**
 * Numbers (ports, user ids, addresses) taken on this machine, one file each, made with link(2) so that of two takers
 * one wins, also between two installations that share the folder. A claim names the record that justifies
 * it; when that record is gone, the claim is stale and is given out again.
 */
export class Claims {
  constructor(private readonly folder: string) {}

  /** True when the number is now, or was already, claimed for this record. */
  async take(kind: Kind, number: number | string, record: string): Promise<boolean> {
    await mkdir(this.folder, { recursive: true, mode: 0o755 });
    const path = join(this.folder, `${kind}-${number}`);
    const fresh = `${path}.${randomBytes(6).toString('hex')}`;
    await writeFile(fresh, record, { mode: 0o644, flag: 'wx' });
    try {
      if (await linked(fresh, path)) return true;
      const holder = await readFile(path, 'utf8').catch(() => '');
      if (holder === record) return true;
      return (await this.#dropStale(path, holder)) && (await linked(fresh, path));
    } finally {
      await rm(fresh, { force: true });
    }
  }

  async free(kind: Kind, number: number | string, record: string): Promise<void> {
    const path = join(this.folder, `${kind}-${number}`);
    if ((await readFile(path, 'utf8').catch(() => '')) === record) await rm(path, { force: true });
  }

  async #dropStale(path: string, holder: string): Promise<boolean> {
    const claim = await stat(path).catch(() => undefined);
    if (claim === undefined) return true;
    if (Date.now() - claim.mtimeMs < GRACE_MS || (await exists(holder))) return false;
    const aside = `${path}.stale-${randomBytes(6).toString('hex')}`;
    try {
      await rename(path, aside);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return true;
      throw error;
    }
    const ours = (await readFile(aside, 'utf8')) === holder;
    if (!ours) await linked(aside, path); // somebody was quicker: put theirs back
    await rm(aside, { force: true });
    return ours;
  }
}

/** The claims in a folder whose records lie below `root`; for whoever checks that nothing is left. */
export async function claimsBelow(folder: string, root: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const held = names.map(async (name) =>
    (await readFile(join(folder, name), 'utf8').catch(() => '')).startsWith(root) ? name : [],
  );
  return (await Promise.all(held)).flat();
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return (
    path !== '' &&
    (await stat(path).then(
      () => true,
      (error: unknown) => errnoOf(error) !== 'ENOENT',
    ))
  );
}
