import { issueCellKey } from '@freehold/accounts-contract';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivate } from '../private-file.js';
import { readProfile, writeProfile } from '../profile/profile.js';
import { apiUrl, type Installation } from './installation.js';
import type { SystemClient } from './system-client.js';

/** The first key of the provider's staff: made once; asked for again it is the same, because it follows from the command. */
export async function firstStaffKey(system: SystemClient): Promise<string> {
  const { key } = await system.command(issueCellKey, 'first staff key', {
    params: {},
    body: { role: 'staff-admin', label: 'first key, made by freehold up' },
  });
  return key;
}

const shownMark = (home: string): string => join(home, 'first-key-shown');

/** Whether the terminal has not shown the key yet. */
export const isToBeShown = (home: string): boolean => !existsSync(shownMark(home));
export const markShown = (home: string): void => writePrivate(shownMark(home), '');

/** Lets the command line of this user talk to this installation, with the key that it has for it or else the first one. */
export function rememberInProfile(
  profileFile: string,
  { installation, home }: { installation: Installation; home: string },
  key: string,
): 'kept' | 'written' {
  const { id } = installation;
  const present = readProfile(profileFile);
  const address = apiUrl(installation);
  const sameCell = present?.installation === id;
  writeProfile(profileFile, { address, key: sameCell ? present.key : key, installation: id, home });
  return sameCell ? 'kept' : 'written';
}
