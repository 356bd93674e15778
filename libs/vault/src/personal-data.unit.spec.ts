import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ERASED } from '@freehold/kernel';
import { placeOf } from './personal-data.js';
import { memoryVault, type MemoryVault, OPERATOR, OTHER } from './testing/memory-vault.fixture.js';
import { KeyErased, KeyUnknown, ValueAltered, ValueOutOfPlace } from './vault-failure.js';
import type { Vault } from './vault.js';

const NAME = placeOf(OPERATOR, 'operator.name');
let ground: MemoryVault;
let vault: Vault;

beforeEach(async () => {
  ground = await memoryVault();
  vault = ground.vault;
});
afterEach(() => ground[Symbol.asyncDispose]());

async function enciphered(owner = OPERATOR, field = 'operator.name', value = 'Ada Lovelace') {
  return vault.encipher(await vault.ensureKey(owner), placeOf(owner, field), value);
}

describe('a personal datum', () => {
  test('opens at its place, in another Node process too, and does not stand in the clear', async () => {
    const value = await enciphered();
    expect(JSON.stringify(value)).not.toContain('Lovelace');
    expect(Buffer.from(value.data, 'base64').toString('latin1')).not.toContain('Lovelace');
    expect(await (await ground.reopen()).open(value, NAME)).toBe('Ada Lovelace');
  });

  test('is enciphered differently each time', async () => {
    expect((await enciphered()).data).not.toBe((await enciphered()).data);
  });

  test('may be any JSON value', async () => {
    const key = await vault.ensureKey(OPERATOR);
    for (const value of [null, 0, '', ['a'], { street: 'Elm', number: 4 }]) {
      expect(await vault.open(await vault.encipher(key, NAME, value), NAME)).toEqual(value);
    }
  });

  test('is refused at another field or operator', async () => {
    const value = await enciphered();
    await expect(vault.open(value, placeOf(OPERATOR, 'operator.contact'))).rejects.toThrow(ValueOutOfPlace);
    await expect(vault.open(value, placeOf(OTHER, 'operator.name'))).rejects.toThrow(ValueOutOfPlace);
  });

  test('whose place, key, digest or bytes were rewritten does not open', async () => {
    const value = await enciphered();
    await vault.ensureKey(OTHER);
    const moved = placeOf(OTHER, 'operator.name');
    await expect(vault.open({ ...value, place: moved }, moved)).rejects.toThrow(ValueAltered);
    await expect(vault.open({ ...value, $enciphered: OTHER }, NAME)).rejects.toThrow(ValueAltered);
    await expect(vault.open({ ...value, digest: '00' }, NAME)).rejects.toThrow(ValueAltered);
    await expect(vault.open({ ...value, data: 'AAAA' }, NAME)).rejects.toThrow(ValueAltered);
  });

  test('carries a keyed digest for equality if asked', async () => {
    const key = await vault.ensureKey(OPERATOR);
    const value = await vault.encipher(key, NAME, 'ada.example', 'name');
    expect(value.digest).toBe(await vault.digest('name', 'ada.example'));
    expect(await vault.open(value, NAME)).toBe('ada.example');
  });
});

describe('opening a whole document', () => {
  test('opens every value in it and leaves the rest as it is', async () => {
    const at = new Date(0);
    const row = { id: 7, name: await enciphered(), phones: [await enciphered(OPERATOR, 'operator.phones', '1')], at };
    expect(await vault.openAll(row, OPERATOR)).toEqual({ id: 7, name: 'Ada Lovelace', phones: ['1'], at });
  });

  test('refuses a value that was copied to another operator or property', async () => {
    const name = await enciphered();
    await expect(vault.openAll({ name }, OTHER)).rejects.toThrow(ValueOutOfPlace);
    await expect(vault.openAll({ rows: [{ contact: name }] })).rejects.toThrow(ValueOutOfPlace);
  });

  test('shows erased where the key is gone, and the others', async () => {
    const rows = [{ name: await enciphered() }, { name: await enciphered(OTHER, 'operator.name', 'Grace') }];
    await vault.eraseKey(OPERATOR);
    expect(await vault.openAll(rows)).toEqual([{ name: ERASED }, { name: 'Grace' }]);
  });
});

describe('the key of an owner', () => {
  test('is one, whoever asks first', async () => {
    const others = await Promise.all([ground.reopen(), ground.reopen(), ground.reopen()]);
    const vaults = [vault, ...others];
    await Promise.all(vaults.map((each) => each.ensureKey(OPERATOR)));
    const value = await vault.encipher(OPERATOR, NAME, 'x');
    for (const each of vaults) expect(await each.open(value, NAME)).toBe('x');
    expect(await ground.store.keys('key.personal')).toHaveLength(1);
  });

  test('must be there before anything is enciphered', async () => {
    await expect(vault.encipher(OPERATOR, NAME, 'x')).rejects.toThrow(KeyUnknown);
  });

  test('once erased is gone for all at once, for good, and again is the same', async () => {
    const value = await enciphered();
    const other = await ground.reopen();
    expect(await other.open(value, NAME)).toBe('Ada Lovelace');
    await vault.eraseKey(OPERATOR);
    await vault.eraseKey(OPERATOR);
    expect(await other.open(value, NAME)).toBe(ERASED);
    await expect(other.ensureKey(OPERATOR)).rejects.toThrow(KeyErased);
    await expect(other.encipher(OPERATOR, NAME, 'x')).rejects.toThrow(KeyErased);
  });

  test('that was never made can be erased, and is then not made', async () => {
    await vault.eraseKey(OPERATOR);
    await expect(vault.ensureKey(OPERATOR)).rejects.toThrow(KeyErased);
  });

  test('put into another owner’s slot is refused', async () => {
    const value = await enciphered();
    await vault.ensureKey(OTHER);
    const foreign = await ground.store.get(`key.personal.${OTHER}`);
    await ground.store.put(`key.personal.${OPERATOR}`, foreign ?? new Uint8Array());
    await expect(vault.encipher(OPERATOR, NAME, 'x')).rejects.toThrow(ValueAltered);
    await expect(vault.open(value, NAME)).rejects.toThrow(ValueAltered);
  });

  test.each(['', '*', 'a.b', 'A', '../x'])('is not made for "%s"', async (owner) => {
    await expect(vault.ensureKey(owner)).rejects.toThrow(RangeError);
  });
});
