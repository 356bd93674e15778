import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { ED25519_PUBLIC, multikeyOf, RSA_PUBLIC, type Multikey } from './domain/multikey.js';

/** `algorithm` is Node's name of the key's type (`rsa`, `ed25519`), or `multicodec-0x1200` of a Multikey that we cannot read. */
export interface KeyFingerprint {
  algorithm: string;
  /** SHA-256 in hexadecimal of the key's DER SubjectPublicKeyInfo (RFC 5280); of the Multikey itself if we cannot read it. */
  fingerprint: string;
}

/** A public key alone: Node would also take a private key or a certificate, and make a public key of it. */
const PUBLIC_PEM = /^\s*-----BEGIN (?:RSA )?PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END (?:RSA )?PUBLIC KEY-----\s*$/;

/** Of `publicKeyPem`, in SPKI or PKCS #1. @throws Error for what is no public key in PEM */
export function pemFingerprint(pem: string): KeyFingerprint {
  if (!PUBLIC_PEM.test(pem)) throw new TypeError('this is not one public key in PEM');
  return fingerprintOf(createPublicKey(pem));
}

/** Of `publicKeyMultibase`. @throws Error for what is no Multikey */
export function multikeyFingerprint(multibase: string): KeyFingerprint {
  const multikey = multikeyOf(multibase);
  if (multikey === null) throw new TypeError('this is not a key in base58btc with its codec');
  const key = keyOf(multikey);
  if (key !== null) return fingerprintOf(key);
  const algorithm = `multicodec-0x${multikey.codec.toString(16)}`;
  return { algorithm, fingerprint: sha256(multikey.octets) };
}

function keyOf({ codec, octets }: Multikey): KeyObject | null {
  if (codec === RSA_PUBLIC) return createPublicKey({ key: Buffer.from(octets), format: 'der', type: 'pkcs1' });
  if (codec !== ED25519_PUBLIC) return null;
  const x = Buffer.from(octets).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

const fingerprintOf = (key: KeyObject): KeyFingerprint => ({
  algorithm: key.asymmetricKeyType ?? 'unknown',
  fingerprint: sha256(key.export({ format: 'der', type: 'spki' })),
});

const sha256 = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('hex');
