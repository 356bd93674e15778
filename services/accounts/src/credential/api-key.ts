import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** The text of a key: `fh_<operator, or cell>_<id>_<secret>`; no part contains an underscore. */
export const apiKeyOf = (owner: string, id: string, secret: string): string => `fh_${owner}_${id}_${secret}`;

/** HMAC-SHA-256 of the id under the cell's credential key: a repeated command gives the same key. */
export const secretOf = (credentialKey: Uint8Array, id: string): string =>
  createHmac('sha256', credentialKey).update(id).digest('hex');

export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** In constant time. */
export const isSecretOf = (hash: string, secret: string): boolean =>
  timingSafeEqual(Buffer.from(hash, 'hex'), Buffer.from(hashOf(secret), 'hex'));
