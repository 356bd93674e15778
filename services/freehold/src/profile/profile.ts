import { rmSync } from 'node:fs';
import { z } from 'zod';
import { readIfThere, writePrivate } from '../private-file.js';

/** What the command line knows: where, and with which key. Mode 0600. */
export const Profile = z.object({
  address: z.url(),
  key: z.string(),
  /** Of an installation on this machine: its id, so that `up` keeps a key that was put here meanwhile. */
  installation: z.string().optional(),
  /** Where that installation lies, for commands that are about its folder and are told no other. */
  home: z.string().optional(),
});
export type Profile = z.infer<typeof Profile>;

/** Undefined when there is none, or none that can be read. */
export function readProfile(file: string): Profile | undefined {
  const text = readIfThere(file);
  if (text === undefined) return undefined;
  try {
    return Profile.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Positions of another cell mean nothing in this one, so the last one is forgotten with the key. */
export function writeProfile(file: string, profile: Profile): void {
  if (readProfile(file)?.key !== profile.key) rmSync(positionFileOf(file), { force: true });
  writePrivate(file, `${JSON.stringify(profile, undefined, 2)}\n`);
}

/** Where the position of this user's last change is kept, beside the profile. */
export const positionFileOf = (profileFile: string): string => `${profileFile}.position`;

/** `fh_<operator, or cell>_<id>_<secret>` → the operator's id; undefined for the provider's own keys. */
export function operatorOfKey(key: string): string | undefined {
  const owner = key.split('_')[1];
  return owner === 'cell' ? undefined : owner;
}
