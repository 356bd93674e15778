import { setTimeout as pause } from 'node:timers/promises';
import { generateIdentity, type Identity, readIdentities, replaceIdentities } from './identity-file.js';
import { CHECK, unwrapWith, wrapFor } from './master-key.js';
import { MasterKeyMismatch, MasterKeyMissing } from './vault-failure.js';
import type { VaultStore } from './vault-store.js';

/*
 * Another master key for a vault that is in use: every data key is wrapped anew, no datum is enciphered anew.
 *
 *     [old] ─► [new, old] ─► every record that new does not open: wrapped by new, old bytes overwritten ─► [new]
 *
 * Whoever uses the vault looks into the file before it wraps and when something does not unwrap (master-key.ts), so both
 * keys are good meanwhile. What somebody wrapped with the old one at the very moment is found by a further round, after
 * longer than a write takes. Crash: the file has two identities, and the same command goes on; the old one leaves the file
 * only after a round that found nothing, and is in the file of retired ones before that: backups are still wrapped by it.
 */

export interface Rotation {
  store: VaultStore;
  masterKeyFile: string;
  /** Longer than anybody takes from wrapping a key to having stored it; 10 s by default. */
  settleMs?: number;
}

export interface Rotated {
  /** Keys that were wrapped anew, by this run. */
  rewrapped: number;
  /** Where the old key lies now. Backups from before need it; when there are none any more it is to be destroyed. */
  retiredFile: string;
}

/** One at a time in a cell. @throws MasterKeyMissing MasterKeyMismatch IdentityFileUnusable */
export async function rotateMasterKey({ store, masterKeyFile, settleMs = 10_000 }: Rotation): Promise<Rotated> {
  const identities = await begun(store, masterKeyFile);
  await store.eraseReplaced();
  let rewrapped = await round(store, identities);
  for (let found = 1; found > 0; rewrapped += found) {
    await pause(settleMs);
    found = await round(store, identities);
  }
  const [current, ...old] = identities;
  const retiredFile = `${masterKeyFile}.retired`;
  const retired = [...(await readIdentities(retiredFile)), ...old];
  await replaceIdentities(retiredFile, [...new Map(retired.map((each) => [each.identity, each])).values()]);
  await replaceIdentities(masterKeyFile, current === undefined ? [] : [current]);
  return { rewrapped, retiredFile };
}

/** The new one first; made unless an interrupted rotation has done that. */
async function begun(store: VaultStore, file: string): Promise<Identity[]> {
  const present = await readIdentities(file);
  const check = await store.get(CHECK);
  if (present.length === 0 || check === undefined) throw new MasterKeyMissing(file);
  await unwrapWith(present, check).catch((cause: unknown) => {
    throw new MasterKeyMismatch(file, cause);
  });
  if (present.length > 1) return present;
  const both = [await generateIdentity(), ...present];
  await replaceIdentities(file, both);
  return both;
}

/** How many records were not wrapped by the first. */
async function round(store: VaultStore, identities: readonly Identity[]): Promise<number> {
  let rewrapped = 0;
  for (const key of [...(await store.keys('key')), CHECK]) if (await rewrap(store, key, identities)) rewrapped += 1;
  return rewrapped;
}

async function rewrap(store: VaultStore, key: string, identities: readonly Identity[]): Promise<boolean> {
  for (;;) {
    const record = await store.get(key);
    if (record === undefined || (await opens(identities.slice(0, 1), record))) return false;
    const wrapped = await wrapFor(identities, await unwrapWith(identities, record));
    if (await store.replace(key, record, wrapped)) return true;
  }
}

const opens = (identities: readonly Identity[], record: Uint8Array): Promise<boolean> =>
  unwrapWith(identities, record).then(
    () => true,
    () => false,
  );
