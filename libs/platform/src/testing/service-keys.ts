import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSignerKey } from '../principals/key-files.js';
import type { Signer } from '../principals/principal-token.js';

/** Key files for tests, in `folder`: the private one of each signer, and everybody's public ones. */
export function writeSignerKeys(folder: string, signers: readonly Signer[]) {
  mkdirSync(folder, { recursive: true });
  const pairs = signers.map((signer) => [signer, createSignerKey()] as const);
  const signingKeyFile = (signer: Signer): string => join(folder, `${signer}.pem`);
  for (const [signer, { privatePem }] of pairs) writeFileSync(signingKeyFile(signer), privatePem, { mode: 0o600 });
  const signerKeysFile = join(folder, 'signers.json');
  const publicKeys = Object.fromEntries(pairs.map(([signer, { publicPem }]) => [signer, publicPem]));
  writeFileSync(signerKeysFile, JSON.stringify(publicKeys));
  return { signingKeyFile, signerKeysFile };
}
