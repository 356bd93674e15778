import { readFile, rm, stat } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { readIdentities } from './identity-file.js';
import { rotateMasterKey } from './master-key-rotation.js';
import { type OperatorPlace, placeOf } from './personal-data.js';
import { memoryVault, OPERATOR, OTHER } from './testing/memory-vault.fixture.js';
import { MasterKeyMismatch, MasterKeyMissing } from './vault-failure.js';
import type { VaultStore } from './vault-store.js';
import { openVault, type Vault } from './vault.js';

const place: OperatorPlace = placeOf(OPERATOR, 'operator.name');
const settleMs = 0;
const enciphered = async (vault: Vault) => vault.encipher(await vault.ensureKey(OPERATOR), place, 'Ada');

test('wraps all keys anew; what was enciphered opens as before, in vaults that were open already, too', async () => {
  await using ground = await memoryVault();
  const { store, masterKeyFile, vault } = ground;
  const value = await enciphered(vault);
  await vault.putSecret(OPERATOR, 'token', 'x');
  const digest = await vault.digest('name', 'y');
  const uncached = await openVault({ store, masterKeyFile, cachedKeys: 0 });
  const before = await readFile(masterKeyFile, 'utf8');
  const { rewrapped, retiredFile } = await rotateMasterKey({ store, masterKeyFile, settleMs });
  expect(rewrapped).toBe(4);
  expect(await readIdentities(masterKeyFile)).toHaveLength(1);
  expect(await readFile(masterKeyFile, 'utf8')).not.toBe(before);
  expect(await readFile(retiredFile, 'utf8')).toBe(before);
  expect([(await stat(masterKeyFile)).mode & 0o777, (await stat(retiredFile)).mode & 0o777]).toEqual([0o600, 0o600]);
  for (const each of [vault, uncached, await ground.reopen()]) {
    expect(await each.open(value, place)).toBe('Ada');
    expect(await each.getSecret(OPERATOR, 'token')).toBe('x');
    expect(await each.digest('name', 'y')).toBe(digest);
  }
});

test('vaults that were open already open many values at once as before', async () => {
  await using ground = await memoryVault();
  const { store, masterKeyFile, vault } = ground;
  const value = await enciphered(vault);
  const uncached = await openVault({ store, masterKeyFile, cachedKeys: 0 });
  await rotateMasterKey({ store, masterKeyFile, settleMs });
  const opened = await Promise.all(Array.from({ length: 8 }, () => uncached.open(value, place)));
  expect(opened).toEqual(Array.from({ length: 8 }, () => 'Ada'));
});

test('afterwards the old key opens nothing, and every retired one is kept for backups', async () => {
  await using ground = await memoryVault();
  const { store, masterKeyFile } = ground;
  await enciphered(ground.vault);
  const { retiredFile } = await rotateMasterKey({ store, masterKeyFile, settleMs });
  await expect(openVault({ store, masterKeyFile: retiredFile })).rejects.toThrow(MasterKeyMismatch);
  await rotateMasterKey({ store, masterKeyFile, settleMs });
  expect(await readIdentities(retiredFile)).toHaveLength(2);
});

test('keys that are made while it runs, by who has not noticed, are wrapped by the new one at its end', async () => {
  await using ground = await memoryVault();
  const { store, masterKeyFile, vault } = ground;
  await enciphered(vault);
  const firstRound = Promise.withResolvers<void>();
  const slow = await openVault({
    masterKeyFile,
    store: {
      ...store,
      // It has wrapped with the old key; its write comes after the first round.
      create: async (key, value) => {
        await firstRound.promise;
        return store.create(key, value);
      },
    },
  });
  const late = slow.ensureKey(OTHER);
  const watched: VaultStore = {
    ...store,
    replace: async (key, present, value) => {
      const replaced = await store.replace(key, present, value);
      if (key === 'check') {
        firstRound.resolve();
        await late;
      }
      return replaced;
    },
  };
  expect((await rotateMasterKey({ store: watched, masterKeyFile, settleMs })).rewrapped).toBe(3);
  const again = await ground.reopen();
  expect(await again.ensureKey(OTHER)).toBe(OTHER);
});

test('after a crash at any step both keys are good, and the same command goes on', async () => {
  for (let changes = 0; ; changes += 1) {
    await using ground = await memoryVault();
    const { store, masterKeyFile, vault } = ground;
    const value = await enciphered(vault);
    let left = changes;
    const dying: VaultStore = {
      ...store,
      replace: async (key, present, next) => {
        if (left === 0) throw new Error('killed');
        left -= 1;
        return store.replace(key, present, next);
      },
    };
    const outcome = await rotateMasterKey({ store: dying, masterKeyFile, settleMs }).then(
      () => 'done',
      (error: Error) => error.message,
    );
    for (const each of [vault, await ground.reopen()]) expect(await each.open(value, place)).toBe('Ada');
    const identities = await readIdentities(masterKeyFile);
    expect(identities).toHaveLength(outcome === 'done' ? 1 : 2);
    if (outcome === 'done') {
      expect(changes).toBe(2);
      return;
    }
    expect(outcome).toBe('killed');
    await rotateMasterKey({ store, masterKeyFile, settleMs });
    expect(await readIdentities(masterKeyFile)).toEqual(identities.slice(0, 1));
    expect(await (await ground.reopen()).open(value, place)).toBe('Ada');
  }
});

test('an erasure while it runs holds', async () => {
  await using ground = await memoryVault();
  const { store, masterKeyFile, vault } = ground;
  const value = await enciphered(vault);
  const erasing: VaultStore = {
    ...store,
    replace: async (key, present, next) => {
      if (key.startsWith('key.personal')) await vault.eraseKey(OPERATOR);
      return store.replace(key, present, next);
    },
  };
  await rotateMasterKey({ store: erasing, masterKeyFile, settleMs });
  expect(await store.keys('key.personal')).toEqual([]);
  expect(await (await ground.reopen()).open(value, place)).toBe('erased');
});

test('a key of another vault, or none, is refused before anything is changed', async () => {
  await using ground = await memoryVault();
  await using other = await memoryVault();
  const { store, masterKeyFile } = ground;
  await expect(rotateMasterKey({ store: other.store, masterKeyFile, settleMs })).rejects.toThrow(MasterKeyMismatch);
  expect(await readIdentities(masterKeyFile)).toHaveLength(1);
  await rm(masterKeyFile);
  await expect(rotateMasterKey({ store, masterKeyFile, settleMs })).rejects.toThrow(MasterKeyMissing);
});
