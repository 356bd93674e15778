/*
 * @freehold/peer: what two providers need to speak to each other.
 *
 *   provider key ── signs ──> requests (RFC 9421)         checked with the key from the signer's own description
 *                └─ signs ──> statements (grant, seal, …)  checked by anybody, at any time
 *   origin ── fetched under the address policy ──> description ──> keys, recipient
 *
 * Invariants: nothing is fetched but from the origin that was named, at an address that the policy permits, within bounds
 * of time and size; a signature says what kind of thing it signs; clocks are never the reason to refuse. It keeps nothing
 * but a short-lived cache of descriptions, so that a crash loses nothing. It knows no NATS and no Nest.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Jwk } from '@freehold/portability-contract';
import { z } from 'zod';
import { canonicalJson } from './canonical-json.js';

/** A provider's Ed25519 key (RFC 8032): the public part for its description, and what signs with the private one. */
export interface ProviderKey {
  /** `kid` is the thumbprint (RFC 7638). */
  readonly jwk: Jwk;
  /** 64 bytes. */
  sign(bytes: Uint8Array): Uint8Array;
}

/** The key file cannot be used; `hint` says what to do. The message has the path, never the key. */
export class ProviderKeyUnusable extends Error {
  constructor(
    readonly file: string,
    what: string,
    readonly hint: string,
    options?: ErrorOptions,
  ) {
    super(`${file} ${what}`, options);
    this.name = 'ProviderKeyUnusable';
  }
}

/**
 * From a file of mode 0600 with PKCS #8 in PEM, or a private JWK (RFC 8037).
 * @throws {@link ProviderKeyUnusable} when others may read the file, or when it holds no private Ed25519 key
 */
export async function readProviderKey(file: string): Promise<ProviderKey> {
  const { mode } = await stat(file);
  if ((mode & 0o077) !== 0) {
    throw new ProviderKeyUnusable(
      file,
      `may be read by others (mode ${(mode & 0o777).toString(8)})`,
      `chmod 600 ${file}`,
    );
  }
  return providerKeyOf(privateKeysIn(file, await readFile(file, 'utf8'))[0]);
}

/** All private keys in the text of such a file: one, or two while it is changed. @throws {@link ProviderKeyUnusable} */
export function privateKeysIn(file: string, text: string): [KeyObject, ...KeyObject[]] {
  const [first = text, ...others] = text.match(PEM) ?? [];
  return [privateKeyIn(file, first), ...others.map((pem) => privateKeyIn(file, pem))];
}
const PEM = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n?/g;

/**
 * The key in the file; if there is none, a new one is made there first (mode 0600, PKCS #8 in PEM), whole or not at all.
 * @throws {@link ProviderKeyUnusable}
 */
export async function createProviderKey(file: string): Promise<ProviderKey> {
  const temporary = await writtenBeside(file, newPrivatePem());
  try {
    await link(temporary, file);
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
  } finally {
    await unlink(temporary);
  }
  return readProviderKey(file);
}

export const newPrivatePem = (): string => pemOf(generateKeyPairSync('ed25519').privateKey);
export const pemOf = (privateKey: KeyObject): string => privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** A file of mode 0600 beside this one, on disk, to be linked or renamed to it. */
export async function writtenBeside(file: string, text: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${randomBytes(6).toString('hex')}.new`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return temporary;
}

const isAlreadyThere = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST';

/** @throws TypeError when it is no private Ed25519 key */
export function providerKeyOf(privateKey: KeyObject): ProviderKey {
  if (privateKey.type !== 'private' || privateKey.asymmetricKeyType !== 'ed25519') {
    throw new TypeError('a provider’s key is a private Ed25519 key');
  }
  return { jwk: jwkOf(createPublicKey(privateKey)), sign: (bytes) => sign(null, bytes, privateKey) };
}

/** The thumbprint of an Ed25519 key (RFC 7638, RFC 8037 section 2): SHA-256 of its required members, base64url. */
export const thumbprintOf = ({ crv, kty, x }: Pick<Jwk, 'crv' | 'kty' | 'x'>): string =>
  createHash('sha256').update(canonicalJson({ crv, kty, x })).digest('base64url');

/** A key's id, which is its thumbprint, for people to compare: 16 groups of four hexadecimal digits. */
export const fingerprintOfKid = (kid: string): string =>
  (Buffer.from(kid, 'base64url').toString('hex').match(/.{4}/g) ?? []).join(' ');

/** False for a wrong signature, and for a key that is none: never an exception. */
export function isSignedBy(jwk: Jwk, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verify(null, bytes, createPublicKey({ key: { ...jwk }, format: 'jwk' }), signature);
  } catch {
    return false;
  }
}

const ExportedJwk = Jwk.omit({ kid: true });

function jwkOf(publicKey: KeyObject): Jwk {
  const members = ExportedJwk.parse(publicKey.export({ format: 'jwk' }));
  return { ...members, kid: thumbprintOf(members) };
}

const PrivateJwk = z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string(), d: z.string() });

function privateKeyIn(file: string, text: string): KeyObject {
  const hint = 'Put the file back from a copy. A new key is a new identity: every peer has to learn it.';
  try {
    const key = text.trimStart().startsWith('{')
      ? createPrivateKey({ key: PrivateJwk.parse(JSON.parse(text)), format: 'jwk' })
      : createPrivateKey(text);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // The cause is not kept: it may quote the key.
  }
  throw new ProviderKeyUnusable(file, 'holds no private Ed25519 key (PKCS #8 in PEM, or JWK)', hint);
}
