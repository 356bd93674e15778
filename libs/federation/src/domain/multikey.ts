/** A public key as Multikey (W3C Controlled Identifiers, FEP-521a): the number of its kind in multicodec, and its octets. */
export interface Multikey {
  readonly codec: number;
  readonly octets: Uint8Array;
}

export const ED25519_PUBLIC = 0xed;
export const RSA_PUBLIC = 0x1205;

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** Reads multibase `z` (base58btc) of a varint and a key; null for what is none. */
export function multikeyOf(multibase: string): Multikey | null {
  const octets = multibase.startsWith('z') ? base58(multibase.slice(1)) : null;
  if (octets === null) return null;
  const end = octets.findIndex((octet) => octet < 0x80);
  if (end < 0 || end > 3 || end + 1 === octets.length) return null;
  const codec = octets.subarray(0, end + 1).reduceRight((value, octet) => value * 0x80 + (octet & 0x7f), 0);
  return { codec, octets: octets.subarray(end + 1) };
}

/** Leading ones are leading zeros. */
function base58(text: string): Uint8Array | null {
  const digits = [...text].map((letter) => ALPHABET.indexOf(letter));
  if (digits.length === 0 || digits.includes(-1)) return null;
  const number = digits.reduce((value, digit) => value * 58n + BigInt(digit), 0n);
  const zeros = digits.findIndex((digit) => digit !== 0);
  if (zeros < 0) return new Uint8Array(digits.length);
  const hex = number.toString(16);
  const significant = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return Uint8Array.from([...new Uint8Array(zeros), ...significant]);
}
