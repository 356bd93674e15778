import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { BoundedCache } from './bounded-cache.js';
import type { MasterKey } from './master-key.js';
import { KeyErased, ValueAltered } from './vault-failure.js';
import type { VaultStore } from './vault-store.js';

/** Which key: of a person's or operator's data, of an owner's secrets, of the cell for one purpose. */
export type Slot = `${'personal' | 'secrets' | 'cell'}.${string}`;

/** What is under the master key's wrapping: the slot again, so that a record moved to another slot is noticed. */
const WrappedKey = z.object({ slot: z.string(), key: z.base64() });

interface CachedKey {
  record: Uint8Array;
  key: Uint8Array;
}

/**
 * Data keys of 256 bits, one a slot, each wrapped by the master key. A key is made once, never replaced, and erased once.
 *
 * `key.<slot>` is the wrapped key, `erased.<slot>` its tombstone. Erasing writes the tombstone first, then erases the key:
 * after a crash in between the next start finishes it. Making a key looks for the tombstone before and after, so
 * that a key made while another one erases does not stay. Every use asks the store whether the record is still there
 * (the cache only saves the unwrapping), so an erasure holds at once in all processes.
 */
export class KeyRing {
  readonly #unwrapped: BoundedCache<CachedKey>;

  constructor(
    private readonly store: VaultStore,
    private readonly masterKey: MasterKey,
    cacheSize: number,
  ) {
    this.#unwrapped = new BoundedCache(cacheSize);
  }

  /** The key of the slot, made if there is none. @throws {@link KeyErased} */
  async ensure(slot: Slot): Promise<Uint8Array> {
    const present = await this.find(slot);
    if (present !== undefined) return present;
    await this.refuseErased(slot);
    await this.store.create(recordKey(slot), await this.wrap(slot));
    const key = await this.find(slot);
    if (key === undefined) throw new KeyErased(slot);
    return key;
  }

  /** Undefined when there is none, or none any more. @throws {@link ValueAltered} */
  async find(slot: Slot): Promise<Uint8Array | undefined> {
    const record = await this.store.get(recordKey(slot));
    if (record === undefined) {
      this.#unwrapped.delete(slot);
      return undefined;
    }
    const cached = this.#unwrapped.get(slot);
    if (cached !== undefined && Buffer.compare(cached.record, record) === 0) return cached.key;
    if (await this.isErased(slot)) {
      await this.erase(slot);
      return undefined;
    }
    const key = await this.unwrap(slot, record);
    this.#unwrapped.set(slot, { record, key });
    return key;
  }

  /** The key is gone for good, on disk too. Again is the same. */
  async erase(slot: Slot): Promise<void> {
    await this.store.create(tombstoneKey(slot), Buffer.from(JSON.stringify({ erased: slot })));
    await this.store.erase(recordKey(slot));
    this.#unwrapped.delete(slot);
  }

  async isErased(slot: Slot): Promise<boolean> {
    return (await this.store.get(tombstoneKey(slot))) !== undefined;
  }

  async refuseErased(slot: Slot): Promise<void> {
    if (await this.isErased(slot)) throw new KeyErased(slot);
  }

  private wrap(slot: Slot): Promise<Uint8Array> {
    return this.masterKey.wrap(JSON.stringify({ slot, key: randomBytes(32).toString('base64') }));
  }

  private async unwrap(slot: Slot, record: Uint8Array): Promise<Uint8Array> {
    try {
      const wrapped = WrappedKey.parse(JSON.parse(await this.masterKey.unwrap(record)));
      if (wrapped.slot !== slot) throw new Error(`the key of ${wrapped.slot}`);
      return Buffer.from(wrapped.key, 'base64');
    } catch (error) {
      throw new ValueAltered(recordKey(slot), error);
    }
  }
}

export const recordKey = (slot: Slot): string => `key.${slot}`;
export const tombstoneKey = (slot: Slot): string => `erased.${slot}`;
