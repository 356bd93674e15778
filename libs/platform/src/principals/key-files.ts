import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Signer, SignerKeys } from './principal-token.js';

/** A fresh Ed25519 pair in PEM: the private part (PKCS #8) for a file of mode 0600, the public one (SPKI) for everybody. */
export function createSignerKey(): { privatePem: string; publicPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** @throws when the file is missing or no PKCS #8 PEM; the message has the path, never the key. */
export async function readSigningKey(path: string): Promise<KeyObject> {
  const pem = await readFile(path, 'utf8');
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new Error(`${path} is no private key in PEM (PKCS #8); make it again with \`freehold up\``, { cause });
  }
}

/** Public keys by signer from a JSON file `{ "<signer>": "<SPKI PEM>" }`. */
export async function readSignerKeys(path: string): Promise<SignerKeys> {
  const text = await readFile(path, 'utf8');
  try {
    const pems = Object.entries(JSON.parse(text) as Record<string, string>);
    return new Map<Signer, KeyObject>(pems.map(([signer, pem]) => [signer, createPublicKey(pem)]));
  } catch (cause) {
    throw new Error(`${path} does not hold public keys by signer (JSON, SPKI PEM)`, { cause });
  }
}
