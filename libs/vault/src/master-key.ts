import { Decrypter, Encrypter } from 'age-encryption';
import { createIdentityFile, type Identity, isCode, readIdentityFile } from './identity-file.js';
import { MasterKeyMismatch, MasterKeyMissing } from './vault-failure.js';
import type { VaultStore } from './vault-store.js';

/** The record that tells whether a master key belongs to a vault. It is the first record of every vault. */
const CHECK = 'check';
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
  const masterKey = masterKeyFrom((await readIdentityFile(file)) ?? (await makeForEmptyVault(store, file)));
  const check = await checkRecord(store, masterKey, file);
  try {
    if ((await masterKey.unwrap(check)) !== CHECK_TEXT) throw new Error('the check record has another content');
  } catch (error) {
    throw new MasterKeyMismatch(file, error);
  }
  return masterKey;
}

async function makeForEmptyVault(store: VaultStore, file: string): Promise<Identity> {
  if ((await store.keys('')).length > 0) throw new MasterKeyMissing(file);
  try {
    return await createIdentityFile(file);
  } catch (error) {
    const present = isCode(error, 'EEXIST') ? await readIdentityFile(file) : undefined;
    if (present === undefined) throw error;
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

function masterKeyFrom({ identity, recipient }: Identity): MasterKey {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return {
    wrap: (text) => encrypter.encrypt(text),
    unwrap: (wrapped) => decrypter.decrypt(wrapped, 'text'),
  };
}
