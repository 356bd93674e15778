import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import { type Read, read, refused } from '../read.js';
import { fromBase64, fromDecimal, isKeyName, toBase64 } from './strict-text.js';

/** Signature types of c2sp.org/signed-note: Ed25519 over the text, and timestamped Ed25519 cosignatures. */
export const SIGNATURE_TYPES = { ed25519: 0x01, cosignature: 0x04 } as const;
export type SignatureType = keyof typeof SIGNATURE_TYPES;

export const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;
const TIME_BYTES = 8;

export interface NoteSignature {
  name: string;
  /** Unsigned, 32 bits. */
  keyId: number;
  /** Without the key id. */
  signature: Uint8Array;
}

export interface NoteVerifier {
  readonly name: string;
  readonly keyId: number;
  readonly type: SignatureType;
  readonly publicKey: KeyObject;
  verifies(text: string, signature: Uint8Array): boolean;
}

export interface KeyOfName {
  name: string;
  type: SignatureType;
  publicKey: KeyObject;
}

/** Signs notes by Ed25519: a log's own key. @throws RangeError for a name that no note can carry. */
export interface NoteSigner {
  readonly name: string;
  readonly keyId: number;
  sign(text: string): NoteSignature;
}

/** Signs checkpoints as of a time: a witness's key. Never the same key as a log's, nor that of another witness. */
export interface Cosigner {
  readonly name: string;
  readonly keyId: number;
  /** `at`: whole seconds since 1970, > 0. */
  cosign(text: string, at: number): NoteSignature;
}

/** First 4 bytes of SHA-256(name || 0x0A || type || public key), big endian. */
export function keyIdOf({ name, type, publicKey }: KeyOfName): number {
  const prefix = Buffer.from(`${name}\n`);
  const material = Buffer.concat([prefix, Buffer.of(SIGNATURE_TYPES[type]), rawPublicKey(publicKey)]);
  return hash('sha256', material, 'buffer').readUInt32BE();
}

export function verifierOf(key: KeyOfName): NoteVerifier {
  const { name, type, publicKey } = key;
  assertName(name);
  return {
    name,
    type,
    publicKey,
    keyId: keyIdOf(key),
    verifies: (text, signature) => {
      const signed = type === 'ed25519' ? { message: text, signature } : cosignedMessage(text, signature);
      if (signed === null || signed.signature.byteLength !== SIGNATURE_BYTES) return false;
      return verify(null, Buffer.from(signed.message), publicKey, signed.signature);
    },
  };
}

/** `<name>+<key id in hex>+<base64 of type and public key>`, to be published. */
export function formatVerifierKey(key: KeyOfName): string {
  assertName(key.name);
  const material = Buffer.concat([Buffer.of(SIGNATURE_TYPES[key.type]), rawPublicKey(key.publicKey)]);
  return `${key.name}+${hex(keyIdOf(key))}+${toBase64(material)}`;
}

/** Refused unless the key id is the one that name, type and key give. */
export function parseVerifierKey(text: string): Read<NoteVerifier> {
  const refuse = (detail: string) =>
    refused({
      pointer: '',
      code: 'verifier-key-malformed',
      detail,
      hint: 'It has the form <name>+<8 hexadecimal digits>+<base64>; take it again from its owner.',
    });
  const [name, id, encoded, ...rest] = splitKey(text);
  if (name === undefined || id === undefined || encoded === undefined || rest.length > 0 || !isKeyName(name)) {
    return refuse('This is no verifier key.');
  }
  const material = fromBase64(encoded);
  const type = typeOf(material?.[0]);
  if (material === null || type === null) return refuse('The key is of no type that is known here (Ed25519: 1 or 4).');
  if (material.byteLength !== 1 + PUBLIC_KEY_BYTES) return refuse(`The key has not ${PUBLIC_KEY_BYTES} bytes.`);
  const key = { name, type, publicKey: publicKeyOf(material.subarray(1)) };
  return hex(keyIdOf(key)) === id ? read(verifierOf(key)) : refuse('The key id does not fit name and key.');
}

/** @throws TypeError unless `privateKey` is an Ed25519 private key. */
export function noteSigner(name: string, privateKey: KeyObject): NoteSigner {
  const keyId = idOfPrivate(name, 'ed25519', privateKey);
  return { name, keyId, sign: (text) => ({ name, keyId, signature: sign(null, Buffer.from(text), privateKey) }) };
}

/** c2sp.org/tlog-cosignature v1.0.1, Ed25519. @throws TypeError unless `privateKey` is an Ed25519 private key. */
export function cosigner(name: string, privateKey: KeyObject): Cosigner {
  const keyId = idOfPrivate(name, 'cosignature', privateKey);
  return {
    name,
    keyId,
    cosign: (text, at) => {
      if (!Number.isSafeInteger(at) || at <= 0) throw new RangeError(`${at} is not a time in whole seconds since 1970`);
      const time = Buffer.alloc(TIME_BYTES);
      time.writeBigUInt64BE(BigInt(at));
      const signature = sign(null, Buffer.from(messageAt(text, String(at))), privateKey);
      return { name, keyId, signature: Buffer.concat([time, signature]) };
    },
  };
}

/** When a cosignature was made, in seconds since 1970; null when it has not the form of one. */
export function cosignatureTime(signature: Uint8Array): number | null {
  if (signature.byteLength !== TIME_BYTES + SIGNATURE_BYTES) return null;
  return fromDecimal(String(Buffer.from(signature).readBigUInt64BE()));
}

/** The 32 bytes of RFC 8032. */
export function rawPublicKey(publicKey: KeyObject): Uint8Array {
  const { crv, x } = publicKey.export({ format: 'jwk' });
  if (crv !== 'Ed25519' || x === undefined)
    throw new TypeError('This is not an Ed25519 key; signed notes take no other');
  return Buffer.from(x, 'base64url');
}

const messageAt = (text: string, time: string): string => `cosignature/v1\ntime ${time}\n${text}`;

function cosignedMessage(text: string, signature: Uint8Array): { message: string; signature: Uint8Array } | null {
  const time = cosignatureTime(signature);
  if (time === null || time === 0) return null;
  return { message: messageAt(text, String(time)), signature: signature.subarray(TIME_BYTES) };
}

/** Of the 32 bytes of RFC 8032. */
export const publicKeyOf = (raw: Uint8Array): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(raw).toString('base64url') }, format: 'jwk' });

function idOfPrivate(name: string, type: SignatureType, privateKey: KeyObject): number {
  assertName(name);
  if (privateKey.type !== 'private') throw new TypeError('A signer needs a private key');
  return keyIdOf({ name, type, publicKey: createPublicKey(privateKey) });
}

function assertName(name: string): void {
  if (!isKeyName(name)) throw new RangeError(`"${name}" cannot name a key: no white space, no +, not empty`);
}

function typeOf(byte: number | undefined): SignatureType | null {
  if (byte === SIGNATURE_TYPES.ed25519) return 'ed25519';
  return byte === SIGNATURE_TYPES.cosignature ? 'cosignature' : null;
}

/** Base64 may contain `+`; name and id may not. */
function splitKey(text: string): string[] {
  const first = text.indexOf('+');
  const second = text.indexOf('+', first + 1);
  return first === -1 || second === -1
    ? []
    : [text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1)];
}

const hex = (id: number): string => id.toString(16).padStart(8, '0');
