import { createSignerKey } from '@freehold/platform';
import { createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import { createPrivate, writePrivate } from '../private-file.js';

export const signingKeyFile = (home: string, signer: string): string => join(home, 'keys', `signer-${signer}.pem`);
export const signerKeysFile = (home: string): string => join(home, 'keys', 'signers.json');

/** An Ed25519 key per signer, made once, and the file with everybody's public keys. */
export function ensureSignerKeys(home: string, signers: readonly string[]): void {
  const publicKeys = signers.map((signer) => {
    const pem = createPrivate(signingKeyFile(home, signer), () => createSignerKey().privatePem);
    return [signer, createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString()] as const;
  });
  writePrivate(signerKeysFile(home), `${JSON.stringify(Object.fromEntries(publicKeys), undefined, 2)}\n`);
}
