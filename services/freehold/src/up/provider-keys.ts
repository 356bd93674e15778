import { createProviderKey } from '@freehold/peer';
import { createIdentityFile, readIdentityFile } from '@freehold/vault';
import { join } from 'node:path';
import { hasCode } from '../private-file.js';

/*
 * What makes an installation a provider to others: the key that it signs with, and the age identity to which arriving
 * deployments' secrets are enciphered. Both are made once; others know them, so another key follows from the one before.
 */

export const providerKeyFile = (home: string): string => join(home, 'keys', 'provider.pem');
export const providerIdentityFile = (home: string): string => join(home, 'keys', 'provider.age');

/** Makes what is missing and checks what is there: files of mode 0600. */
export async function ensureProviderKeys(home: string): Promise<void> {
  await Promise.all([createProviderKey(providerKeyFile(home)), ensureIdentity(providerIdentityFile(home))]);
}

async function ensureIdentity(file: string): Promise<void> {
  if ((await readIdentityFile(file)) !== undefined) return;
  await createIdentityFile(file).catch((error: unknown) => {
    if (!hasCode(error, 'EEXIST')) throw error;
  });
}
