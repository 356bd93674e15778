import { chmod, readFile, rm, stat } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { createMasterKey } from './master-key.js';
import { memoryStore } from './memory-store.js';
import { createIdentityFile, readIdentityFile } from './identity-file.js';
import { openSealed, sealFor } from './sealing.js';
import { placeOf } from './personal-data.js';
import { memoryVault, OPERATOR } from './testing/memory-vault.fixture.js';
import { IdentityFileUnusable, KeyErased, MasterKeyMismatch, MasterKeyMissing } from './vault-failure.js';
import type { VaultStore } from './vault-store.js';
import { openVault } from './vault.js';

test('the master key is made for an empty vault, mode 0600, and stays the same', async () => {
  await using ground = await memoryVault();
  expect((await stat(ground.masterKeyFile)).mode & 0o777).toBe(0o600);
  const made = await readFile(ground.masterKeyFile, 'utf8');
  await ground.reopen();
  expect(await readFile(ground.masterKeyFile, 'utf8')).toBe(made);
  await expect(createMasterKey(ground.masterKeyFile)).rejects.toMatchObject({ code: 'EEXIST' });
});

test('a vault whose master key is missing says so and makes no other', async () => {
  await using ground = await memoryVault();
  await rm(ground.masterKeyFile);
  await expect(ground.reopen()).rejects.toThrow(MasterKeyMissing);
  await expect(ground.reopen()).rejects.toThrow('the master key of this vault is missing');
  await expect(stat(ground.masterKeyFile)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('another vault’s master key is refused', async () => {
  await using ground = await memoryVault();
  await rm(ground.masterKeyFile);
  await createMasterKey(ground.masterKeyFile);
  await expect(ground.reopen()).rejects.toThrow(MasterKeyMismatch);
});

test('a vault without its check record is refused', async () => {
  await using ground = await memoryVault();
  await ground.vault.ensureKey(OPERATOR);
  await ground.store.erase('check');
  await expect(ground.reopen()).rejects.toThrow(MasterKeyMismatch);
});

test('a key file that others may read, or that is damaged, is refused without its content', async () => {
  await using ground = await memoryVault();
  await chmod(ground.masterKeyFile, 0o640);
  await expect(ground.reopen()).rejects.toThrow(IdentityFileUnusable);
  await expect(ground.reopen()).rejects.toMatchObject({ hint: expect.stringContaining('chmod 600') });
});

test('several openers of an empty vault agree on one master key', async () => {
  await using ground = await memoryVault();
  const masterKeyFile = `${ground.masterKeyFile}.shared`;
  const store = memoryStore();
  const vaults = await Promise.all([1, 2, 3].map(() => openVault({ store, masterKeyFile })));
  const digests = await Promise.all(vaults.map((vault) => vault.digest('name', 'x')));
  expect(new Set(digests).size).toBe(1);
});

test('what is sealed for a host opens with its identity only', async () => {
  await using ground = await memoryVault();
  const host = await createIdentityFile(`${ground.masterKeyFile}.host`);
  const other = await createIdentityFile(`${ground.masterKeyFile}.other`);
  expect(await readIdentityFile(`${ground.masterKeyFile}.host`)).toEqual(host);
  const sealed = await sealFor(host.recipient, { password: 'hunter2' });
  expect(sealed).not.toContain('hunter2');
  expect(await openSealed(host.identity, sealed)).toEqual({ password: 'hunter2' });
  await expect(openSealed(other.identity, sealed)).rejects.toThrow();
});

/** A store whose process dies at its n-th change: that one and all later ones do not happen. */
function dyingStore(store: VaultStore, changes: number): VaultStore {
  let left = changes;
  const step = <Args extends unknown[], Result>(change: (...args: Args) => Promise<Result>) => {
    return async (...args: Args) => {
      if (left === 0) throw new Error('killed');
      left -= 1;
      return change(...args);
    };
  };
  return { ...store, create: step(store.create), put: step(store.put), erase: step(store.erase) };
}

/** Runs `act` on a vault that dies after 0, 1, 2 … changes, until it gets through; after each death `check` on a new one. */
async function afterEveryCrash(
  act: (vault: Awaited<ReturnType<typeof openVault>>) => Promise<unknown>,
  check: (vault: Awaited<ReturnType<typeof openVault>>, store: VaultStore) => Promise<void>,
): Promise<number> {
  for (let changes = 0; ; changes += 1) {
    await using ground = await memoryVault();
    await ground.vault.ensureKey(OPERATOR);
    await ground.vault.putSecret(OPERATOR, 'one', '1');
    await ground.vault.putSecret(OPERATOR, 'two', '2');
    const dying = await openVault({
      store: dyingStore(ground.store, changes),
      masterKeyFile: ground.masterKeyFile,
    });
    const outcome = await act(dying).then(
      () => 'done',
      (error: Error) => error.message,
    );
    await check(await ground.reopen(), ground.store);
    if (outcome === 'done') return changes;
    expect(outcome).toBe('killed');
  }
}

test('an erasure that a crash interrupts has not begun or is finished at the next start', async () => {
  const crashes = await afterEveryCrash(
    (vault) => vault.eraseKey(OPERATOR),
    async (vault, store) => {
      const begun = (await store.keys('erased')).length > 0;
      expect(await store.keys('key.personal')).toHaveLength(begun ? 0 : 1);
      if (begun) await expect(vault.ensureKey(OPERATOR)).rejects.toThrow(KeyErased);
    },
  );
  expect(crashes).toBe(2);
});

test('so is shredding secrets', async () => {
  const crashes = await afterEveryCrash(
    (vault) => vault.shredSecrets(OPERATOR),
    async (vault, store) => {
      const begun = (await store.keys('erased')).length > 0;
      expect([...(await store.keys('key.secrets')), ...(await store.keys('secret'))]).toHaveLength(begun ? 0 : 3);
      expect(await vault.hasSecret(OPERATOR, 'one')).toBe(!begun);
    },
  );
  expect(crashes).toBe(4);
});

test('a key made while another process erases does not stay', async () => {
  await using ground = await memoryVault();
  const place = placeOf(OPERATOR, 'operator.name');
  const interrupted: VaultStore = {
    ...ground.store,
    create: async (key, value) => {
      if (key.startsWith('key.personal')) await ground.vault.eraseKey(OPERATOR);
      return ground.store.create(key, value);
    },
  };
  const vault = await openVault({ store: interrupted, masterKeyFile: ground.masterKeyFile });
  await expect(vault.ensureKey(OPERATOR)).rejects.toThrow(KeyErased);
  expect(await ground.store.keys('key.personal')).toEqual([]);
  await expect(ground.vault.encipher(OPERATOR, place, 'x')).rejects.toThrow(KeyErased);
});
