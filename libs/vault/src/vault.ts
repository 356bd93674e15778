import type { Enciphered } from '@freehold/kernel';
import { Digests } from './digests.js';
import type { Json } from './json.js';
import { KeyRing } from './key-ring.js';
import { masterKeyOf } from './master-key.js';
import { type Opened, type OperatorPlace, PersonalData } from './personal-data.js';
import { finishErasures } from './unfinished-erasures.js';
import { type PutSecretOptions, Secrets } from './secrets.js';
import type { VaultStore } from './vault-store.js';

/*
 * The vault: what must be secret or erasable in a cell (design/log.md, "Secrets, personal data, erasure").
 *
 *   master key (age identity, file 0600)
 *     └ wraps data keys     key.personal.<owner>   key.secrets.<owner>   key.cell.<purpose>
 *         └ encipher        fields in commits      secret.<owner>.<name>  keyed digests
 *
 * Invariants: nothing leaves in the clear to the store; every value is bound to its place; a key is made once and erased
 * once; what is erased is gone from the store's files, and so is a wrapping that was replaced (master-key-rotation.ts).
 * Crash: every change is one record, except an erasure (tombstone, then key) and a replacement (new, then the old one's
 * bytes), which the next start finishes.
 */

export interface Vault {
  /**
   * The key of an operator's or person's data, made if there is none; concurrent callers get one key. The key's id is the
   * owner's id, so nothing has to be remembered between this and the commit.
   * @throws KeyErased after {@link eraseKey}
   */
  ensureKey(owner: string): Promise<string>;
  /**
   * @param place `placeOf(operator, 'operator.name')`
   * @param digestPurpose with it the result carries a keyed digest: of the string itself, of other values' JSON
   * @throws KeyErased KeyUnknown
   */
  encipher(keyId: string, place: OperatorPlace, value: Json, digestPurpose?: string): Promise<Enciphered>;
  /** The value, or `erased` when its key is gone. @throws ValueOutOfPlace ValueAltered */
  open(enciphered: Enciphered, place: OperatorPlace): Promise<Json>;
  /**
   * A copy with every enciphered value in it opened, or `erased`. Each must stand under the property that its field
   * names (`operator.name` under `name`) and, if `operator` is given, belong to that operator.
   * @throws ValueOutOfPlace ValueAltered
   */
  openAll<T>(value: T, operator?: string): Promise<Opened<T>>;
  /** Erases the key for good, on disk too; all that was enciphered under it shows as `erased`. Again is the same. */
  eraseKey(keyId: string): Promise<void>;
  /** HMAC-SHA-256 under the cell's key of this purpose, 64 hex digits. */
  digest(purpose: string, value: string | Uint8Array): Promise<string>;
  /** The cell's key of a purpose, 32 bytes, made if there is none. */
  cellKey(purpose: string): Promise<Uint8Array>;
  /**
   * Keeps a secret of at most 64 KiB. What is there stays (`kept`), unless `replace`.
   * @throws SecretTooLarge; KeyErased after {@link shredSecrets}
   */
  putSecret(owner: string, name: string, value: string, options?: PutSecretOptions): Promise<'stored' | 'kept'>;
  getSecret(owner: string, name: string): Promise<string | undefined>;
  hasSecret(owner: string, name: string): Promise<boolean>;
  /** All secrets of an owner are gone for good, on disk too. Again is the same. */
  shredSecrets(owner: string): Promise<void>;
}

export interface VaultOptions {
  store: VaultStore;
  /** Made when missing, if the store is empty. */
  masterKeyFile: string;
  /** How many unwrapped keys stay in memory; 4096 by default. */
  cachedKeys?: number;
}

/** @throws MasterKeyMissing MasterKeyMismatch IdentityFileUnusable */
export async function openVault({ store, masterKeyFile, cachedKeys = 4096 }: VaultOptions): Promise<Vault> {
  const keys = new KeyRing(store, await masterKeyOf(store, masterKeyFile), cachedKeys);
  await store.eraseReplaced();
  const digests = new Digests(keys);
  const personal = new PersonalData(keys, digests);
  const secrets = new Secrets(store, keys);
  await finishErasures(store, keys, secrets);
  return {
    ensureKey: (owner) => personal.ensureKey(owner),
    encipher: (keyId, place, value, digestPurpose) => personal.encipher(keyId, place, value, digestPurpose),
    open: (enciphered, place) => personal.open(enciphered, place),
    openAll: (value, operator) => personal.openAll(value, operator),
    eraseKey: (keyId) => personal.eraseKey(keyId),
    digest: (purpose, value) => digests.digest(purpose, value),
    cellKey: (purpose) => digests.cellKey(purpose),
    putSecret: (owner, name, value, options) => secrets.put(owner, name, value, options),
    getSecret: (owner, name) => secrets.get(owner, name),
    hasSecret: (owner, name) => secrets.has(owner, name),
    shredSecrets: (owner) => secrets.shred(owner),
  };
}
