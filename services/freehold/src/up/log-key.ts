import { createSignerKey } from '@freehold/platform';
import { createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import { createPrivate, writePrivate } from '../private-file.js';

/** The key that checkpoints of the log are signed with: the audit's alone. Made once; auditors know it for ever. */
export const logKeyFile = (home: string): string => join(home, 'keys', 'log.pem');
/** Its public part, which the provider's description tells. */
export const logPublicKeyFile = (home: string): string => join(home, 'keys', 'log.pub');

export function ensureLogKey(home: string): void {
  const pem = createPrivate(logKeyFile(home), () => createSignerKey().privatePem);
  writePrivate(logPublicKeyFile(home), createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString());
}
