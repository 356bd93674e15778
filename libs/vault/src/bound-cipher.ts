import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** AES-256-GCM (NIST SP 800-38D), 96-bit random IV; `data` is ciphertext then the tag of 16 bytes; both base64. */
export interface Sealed {
  iv: string;
  data: string;
}

const ALGORITHM = 'aes-256-gcm';
const TAG_BYTES = 16;

/** `binding` says where the value belongs; it is authenticated, not stored, and must be the same when it is opened. */
export function sealBound(key: Uint8Array, binding: readonly (string | null)[], text: string): Sealed {
  const iv = randomBytes(12);
  const cipher = createCipheriv(ALGORITHM, key, iv).setAAD(additionalData(binding));
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return { iv: iv.toString('base64'), data: data.toString('base64') };
}

/** @throws when key, binding or bytes are not those of {@link sealBound}. */
export function openBound(key: Uint8Array, binding: readonly (string | null)[], sealed: Sealed): string {
  const data = Buffer.from(sealed.data, 'base64');
  if (data.length < TAG_BYTES) throw new Error('shorter than an authentication tag');
  const decipher = createDecipheriv(ALGORITHM, key, Buffer.from(sealed.iv, 'base64'), { authTagLength: TAG_BYTES })
    .setAAD(additionalData(binding))
    .setAuthTag(data.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(data.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
}

const additionalData = (binding: readonly (string | null)[]): Buffer =>
  Buffer.from(JSON.stringify(['freehold-vault/v1', ...binding]));
