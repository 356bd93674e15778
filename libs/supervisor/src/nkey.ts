/**
 * The public key to a NATS user's seed. @nats-io/nkeys computes it too, but in plain JavaScript: 4 ms a key, 60 ms inside
 * Jest, where a ground has hundreds. Here OpenSSL does it. The library still makes the seeds, and a test compares the two.
 * Form: https://github.com/nats-io/nkeys (base32 of prefix, key and CRC-16, little endian).
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const userPrefix = 20 << 3;
/** What precedes the 32 bytes of an Ed25519 seed in PKCS #8 (RFC 8410). */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');

export function userPublicKey(seed: string): string {
  return publicKeyOf(privateKeyOf(seed));
}

/**
 * Signs in with a user's seed, as `nkeyAuthenticator` of the client does, by OpenSSL: seven services of one Node
 * process otherwise keep it busy until some of them come too late for the server.
 */
export function userAuthenticator(seed: string): (nonce?: string) => { nkey: string; sig: string } {
  const key = privateKeyOf(seed);
  const nkey = publicKeyOf(key);
  return (nonce = '') => ({ nkey, sig: sign(null, Buffer.from(nonce), key).toString('base64url') });
}

function privateKeyOf(seed: string): KeyObject {
  const raw = base32Decode(seed.trim()).subarray(2, 34); // two bytes say that it is a seed, and a user's
  if (raw.length !== 32) throw new Error('this is no seed of a NATS user');
  return createPrivateKey({ key: Buffer.concat([pkcs8Head, raw]), format: 'der', type: 'pkcs8' });
}

function publicKeyOf(key: KeyObject): string {
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  const prefixed = Buffer.concat([Buffer.from([userPrefix]), spki.subarray(-32)]);
  const checksum = Buffer.alloc(2);
  checksum.writeUInt16LE(crc16(prefixed));
  return base32Encode(Buffer.concat([prefixed, checksum]));
}

/** CRC-16/XMODEM. */
function crc16(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
    crc &= 0xffff;
  }
  return crc;
}

function base32Encode(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => alphabet[Number.parseInt(five.padEnd(5, '0'), 2)]).join('');
}

function base32Decode(text: string): Buffer {
  const bits = [...text].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)));
}
