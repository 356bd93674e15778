import { createHash } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Surroundings } from '../freehold.config.js';
import { readProfile } from '../profile/profile.js';

/** The clone (or installed package) that this file is in. */
const clone = dirname(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))));

interface HomeOptions {
  isRoot: boolean;
  /** Where an ordinary user's installations lie. */
  dataFolder: string;
  clonePath?: string;
}

/**
 * Where an installation lies unless told otherwise. Root: below /var/lib/freehold, because servers and applications have
 * users of their own that cannot enter root's home; one per clone. An ordinary user: one, in the data folder.
 */
export function defaultHome({ isRoot, dataFolder, clonePath = clone }: HomeOptions): string {
  if (!isRoot) return dataFolder;
  const name = basename(clonePath).replaceAll(/[^a-zA-Z0-9-]/g, '-') || 'clone';
  const hash = createHash('sha256').update(clonePath).digest('hex').slice(0, 8);
  return join('/var/lib/freehold', `${name}-${hash}`);
}

/**
 * Where the installation lies that a command is about: in the folder that is said, else where `up` had the one that this
 * user's profile is of, else where it lies unless told otherwise.
 */
export function knownHome(
  said: string | undefined,
  { profileFile, dataFolder }: Pick<Surroundings, 'profileFile' | 'dataFolder'>,
): string {
  const isRoot = process.getuid?.() === 0;
  return resolve(said ?? readProfile(profileFile)?.home ?? defaultHome({ isRoot, dataFolder }));
}
