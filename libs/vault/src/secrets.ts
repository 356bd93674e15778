import { z } from 'zod';
import { openBound, sealBound } from './bound-cipher.js';
import type { KeyRing, Slot } from './key-ring.js';
import { checkOwner, checkSecretName } from './owner.js';
import { SecretTooLarge, ValueAltered } from './vault-failure.js';
import type { VaultStore } from './vault-store.js';

export const SECRET_LIMIT_BYTES = 64 * 1024;

const SealedSecret = z.object({ iv: z.base64(), data: z.base64() });

export interface PutSecretOptions {
  /** Without it a secret that is there stays as it is. */
  replace?: boolean;
}

/**
 * Secrets of applications and of the cell: `secret.<owner>.<name>`, all of one owner under one key.
 * So shredding is erasing that key; it also reaches the bytes of replaced values that are still on disk.
 */
export class Secrets {
  constructor(
    private readonly store: VaultStore,
    private readonly keys: KeyRing,
  ) {}

  async put(owner: string, name: string, value: string, options: PutSecretOptions = {}): Promise<'stored' | 'kept'> {
    const sizeBytes = Buffer.byteLength(value);
    if (sizeBytes > SECRET_LIMIT_BYTES) throw new SecretTooLarge(sizeBytes, SECRET_LIMIT_BYTES);
    const place = placeOfSecret(owner, name);
    const key = await this.keys.ensure(slotOf(owner));
    const record = Buffer.from(JSON.stringify(sealBound(key, ['secret', owner, name], value)));
    if (options.replace === true) await this.store.put(place, record);
    else if (!(await this.store.create(place, record))) return 'kept';
    if (await this.keys.isErased(slotOf(owner))) {
      await this.store.erase(place);
      await this.keys.refuseErased(slotOf(owner));
    }
    return 'stored';
  }

  async get(owner: string, name: string): Promise<string | undefined> {
    const place = placeOfSecret(owner, name);
    const record = await this.store.get(place);
    const key = record === undefined ? undefined : await this.keys.find(slotOf(owner));
    if (record === undefined || key === undefined) return undefined;
    try {
      const sealed = SealedSecret.parse(JSON.parse(Buffer.from(record).toString('utf8')));
      return openBound(key, ['secret', owner, name], sealed);
    } catch (error) {
      throw new ValueAltered(place, error);
    }
  }

  async has(owner: string, name: string): Promise<boolean> {
    return (await this.get(owner, name)) !== undefined;
  }

  /** The key first, so that a crash in between leaves only what nobody can open. */
  async shred(owner: string): Promise<void> {
    await this.keys.erase(slotOf(checkOwner(owner)));
    for (const key of await this.store.keys(`secret.${owner}`)) await this.store.erase(key);
  }
}

const slotOf = (owner: string): Slot => `secrets.${owner}`;
const placeOfSecret = (owner: string, name: string): string => `secret.${checkOwner(owner)}.${checkSecretName(name)}`;
