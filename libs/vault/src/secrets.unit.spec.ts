import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SECRET_LIMIT_BYTES } from './secrets.js';
import { memoryVault, type MemoryVault, OPERATOR, OTHER } from './testing/memory-vault.fixture.js';
import { KeyErased, SecretTooLarge, ValueAltered } from './vault-failure.js';
import type { Vault } from './vault.js';

let ground: MemoryVault;
let vault: Vault;

beforeEach(async () => {
  ground = await memoryVault();
  vault = ground.vault;
});
afterEach(() => ground[Symbol.asyncDispose]());

test('a secret is kept as it was first put, unless it is replaced', async () => {
  expect(await vault.hasSecret(OPERATOR, 'macaroon')).toBe(false);
  expect(await vault.getSecret(OPERATOR, 'macaroon')).toBeUndefined();
  expect(await vault.putSecret(OPERATOR, 'macaroon', 'one')).toBe('stored');
  expect(await vault.putSecret(OPERATOR, 'macaroon', 'two')).toBe('kept');
  expect(await (await ground.reopen()).getSecret(OPERATOR, 'macaroon')).toBe('one');
  expect(await vault.putSecret(OPERATOR, 'macaroon', 'two', { replace: true })).toBe('stored');
  expect(await vault.getSecret(OPERATOR, 'macaroon')).toBe('two');
  expect(await vault.hasSecret(OPERATOR, 'macaroon')).toBe(true);
});

test('concurrent callers agree on one secret', async () => {
  const answers = await Promise.all(['1', '2', '3'].map((text) => vault.putSecret(OPERATOR, 'key', text)));
  expect(answers.filter((answer) => answer === 'stored')).toHaveLength(1);
});

test('shredding takes all of one owner, for good, and nothing of others', async () => {
  await vault.putSecret(OPERATOR, 'one', '1');
  await vault.putSecret(OPERATOR, 'two', '2');
  await vault.putSecret(OTHER, 'one', '3');
  await vault.shredSecrets(OPERATOR);
  await vault.shredSecrets(OPERATOR);
  expect(await vault.getSecret(OPERATOR, 'one')).toBeUndefined();
  expect(await ground.store.keys(`secret.${OPERATOR}`)).toEqual([]);
  expect(await vault.getSecret(OTHER, 'one')).toBe('3');
  await expect(vault.putSecret(OPERATOR, 'one', '1')).rejects.toThrow(KeyErased);
});

test('a secret over the limit is refused, one at the limit is not; neither is repeated in the error', async () => {
  const full = 'ä'.repeat(SECRET_LIMIT_BYTES / 2);
  expect(await vault.putSecret(OPERATOR, 'full', full)).toBe('stored');
  expect(await vault.getSecret(OPERATOR, 'full')).toBe(full);
  const refused = vault.putSecret(OPERATOR, 'over', `${full}x`);
  await expect(refused).rejects.toThrow(SecretTooLarge);
  await expect(refused).rejects.toThrow('a secret of 65537 bytes is over the limit of 65536');
});

test('a record moved to another name or owner does not open', async () => {
  await vault.putSecret(OPERATOR, 'one', '1');
  await vault.putSecret(OTHER, 'one', '2');
  const record = (await ground.store.get(`secret.${OPERATOR}.one`)) ?? new Uint8Array();
  await ground.store.put(`secret.${OPERATOR}.two`, record);
  await ground.store.put(`secret.${OTHER}.one`, record);
  await expect(vault.getSecret(OPERATOR, 'two')).rejects.toThrow(ValueAltered);
  await expect(vault.getSecret(OTHER, 'one')).rejects.toThrow(ValueAltered);
});

test('digests depend on purpose, value and cell', async () => {
  const digest = await vault.digest('name', 'ada.example');
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(await (await ground.reopen()).digest('name', 'ada.example')).toBe(digest);
  expect(await vault.digest('command', 'ada.example')).not.toBe(digest);
  expect(await vault.digest('name', 'eve.example')).not.toBe(digest);
  await using elsewhere = await memoryVault();
  expect(await elsewhere.vault.digest('name', 'ada.example')).not.toBe(digest);
  expect(await vault.cellKey('name')).toHaveLength(32);
});
