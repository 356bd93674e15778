import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { type KeyOfName, type SignatureType, verifierOf } from './note-keys.js';

/** An Ed25519 key pair whose seed is one byte, 32 times: for tests and vectors only. */
export function keysOf(byte: number): { privateKey: KeyObject; publicKey: KeyObject } {
  // RFC 8410: the PKCS #8 form of a seed.
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
  const key = Buffer.concat([prefix, Buffer.alloc(32, byte)]);
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

export const keyOf = (byte: number, name: string, type: SignatureType = 'ed25519'): KeyOfName => ({
  name,
  type,
  publicKey: keysOf(byte).publicKey,
});

export const trusted = (byte: number, name: string, type: SignatureType = 'ed25519') =>
  verifierOf(keyOf(byte, name, type));
