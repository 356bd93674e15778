import { createHmac } from 'node:crypto';
import type { KeyRing } from './key-ring.js';
import { checkPurpose } from './owner.js';

/** Keyed digests, HMAC-SHA-256 (RFC 2104): equality and look-up without the value. One key of the cell for each purpose. */
export class Digests {
  readonly #keys = new Map<string, Promise<Uint8Array>>();

  constructor(private readonly keys: KeyRing) {}

  /** Never erased, so it is read once and kept; a failed reading is tried again by the next caller. */
  cellKey(purpose: string): Promise<Uint8Array> {
    const known = this.#keys.get(checkPurpose(purpose));
    if (known !== undefined) return known;
    const reading = this.keys.ensure(`cell.${purpose}`);
    this.#keys.set(purpose, reading);
    reading.catch(() => this.#keys.delete(purpose));
    return reading;
  }

  async digest(purpose: string, value: string | Uint8Array): Promise<string> {
    return createHmac('sha256', await this.cellKey(purpose))
      .update(value)
      .digest('hex');
  }
}
