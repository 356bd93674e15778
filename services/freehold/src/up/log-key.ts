import { createSignerKey } from '@freehold/platform';
import { createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import { createPrivate, writePrivate } from '../private-file.js';

/** The key that checkpoints of the log are signed with: the audit's alone. Made once; auditors know it for ever. */
export const logKeyFile = (home: string): string => join(home, 'keys', 'log.pem');
/** The key that the logs of others are cosigned with: another one, as cosignatures want. */
export const witnessKeyFile = (home: string): string => join(home, 'keys', 'witness.pem');
export const witnessPublicKeyFile = (home: string): string => join(home, 'keys', 'witness.pub');
/** Written by staff, if at all. */
export const witnessesFile = (home: string): string => join(home, 'witnesses.json');
/** Its public part, which the provider's description tells. */
export const logPublicKeyFile = (home: string): string => join(home, 'keys', 'log.pub');

export function ensureLogKeys(home: string): void {
  ensurePair(logKeyFile(home), logPublicKeyFile(home));
  ensurePair(witnessKeyFile(home), witnessPublicKeyFile(home));
}

function ensurePair(file: string, publicFile: string): void {
  const pem = createPrivate(file, () => createSignerKey().privatePem);
  writePrivate(publicFile, createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString());
}
