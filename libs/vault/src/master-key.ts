import { Decrypter, Encrypter } from 'age-encryption';
import { createIdentityFile, type Identity, isCode, readIdentities } from './identity-file.js';
import { MasterKeyMismatch, MasterKeyMissing } from './vault-failure.js';
import type { VaultStore } from './vault-store.js';

/** The record that tells whether a master key belongs to a vault. It is the first record of every vault. */
export const CHECK = 'check';
const CHECK_TEXT = 'freehold-vault/v1';

/** Wraps and unwraps keys with the cell's age identity. About a millisecond each, so keys are wrapped once and cached. */
export interface MasterKey {
  wrap(text: string): Promise<Uint8Array>;
  unwrap(wrapped: Uint8Array): Promise<string>;
}

/** Makes the file of a cell's master key, mode 0600. @throws EEXIST when the file is there. */
export async function createMasterKey(file: string): Promise<void> {
  await createIdentityFile(file);
}

/**
 * The master key of this vault. The file is made only while the vault is empty.
 *
 * A crash between the file and the check record leaves an empty vault with a key: the next start goes on there.
 * @throws {@link MasterKeyMissing} {@link MasterKeyMismatch}
 */
export async function masterKeyOf(store: VaultStore, file: string): Promise<MasterKey> {
  const present = await readIdentities(file);
  const masterKey = new MasterKeyInFile(file, present.length > 0 ? present : await makeForEmptyVault(store, file));
  const check = await checkRecord(store, masterKey, file);
  try {
    if ((await masterKey.unwrap(check)) !== CHECK_TEXT) throw new Error('the check record has another content');
  } catch (error) {
    throw new MasterKeyMismatch(file, error);
  }
  return masterKey;
}

async function makeForEmptyVault(store: VaultStore, file: string): Promise<Identity[]> {
  if ((await store.keys('')).length > 0) throw new MasterKeyMissing(file);
  try {
    return [await createIdentityFile(file)];
  } catch (error) {
    const present = isCode(error, 'EEXIST') ? await readIdentities(file) : [];
    if (present.length === 0) throw error;
    return present;
  }
}

async function checkRecord(store: VaultStore, masterKey: MasterKey, file: string): Promise<Uint8Array> {
  const present = await store.get(CHECK);
  if (present !== undefined) return present;
  const others = (await store.keys('')).filter((key) => key !== CHECK);
  if (others.length > 0) throw new MasterKeyMismatch(file, new Error('the vault has records but no check record'));
  const made = await masterKey.wrap(CHECK_TEXT);
  await store.create(CHECK, made);
  return (await store.get(CHECK)) ?? made;
}

/**
 * The first identity of the file wraps, all of them unwrap: while the key is rotated there are two. The file is looked
 * at before anything is wrapped, and when something does not unwrap, so a rotation needs no restart of anybody.
 */
class MasterKeyInFile implements MasterKey {
  constructor(
    private readonly file: string,
    private identities: readonly Identity[],
  ) {}

  async wrap(text: string): Promise<Uint8Array> {
    await this.#look();
    return wrapFor(this.identities, text);
  }

  async unwrap(wrapped: Uint8Array): Promise<string> {
    const tried = this.identities;
    try {
      return await unwrapWith(tried, wrapped);
    } catch (error) {
      await this.#look();
      // Somebody else may have looked meanwhile.
      if (this.identities === tried) throw error;
      return unwrapWith(this.identities, wrapped);
    }
  }

  /** One that is away for a moment changes nothing. */
  async #look(): Promise<void> {
    const found = await readIdentities(this.file);
    if (found.length > 0 && textOf(found) !== textOf(this.identities)) this.identities = found;
  }
}

const textOf = (identities: readonly Identity[]): string => identities.map(({ identity }) => identity).join();

/** For the first of them. */
export async function wrapFor([first]: readonly Identity[], text: string): Promise<Uint8Array> {
  if (first === undefined) throw new RangeError('no identity to wrap for');
  const encrypter = new Encrypter();
  encrypter.addRecipient(first.recipient);
  return encrypter.encrypt(text);
}

/** @throws when it is for none of them. */
export async function unwrapWith(identities: readonly Identity[], wrapped: Uint8Array): Promise<string> {
  const decrypter = new Decrypter();
  for (const { identity } of identities) decrypter.addIdentity(identity);
  return decrypter.decrypt(wrapped, 'text');
}
