import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { VaultStore } from '../vault-store.js';

/** What every adapter of {@link VaultStore} promises. `open` gives an empty store and a way to close it. */
export function vaultStoreConformance(
  name: string,
  open: () => Promise<{ store: VaultStore; close(): Promise<void> }>,
): void {
  describe(`${name} is a vault store`, () => {
    let opened: Awaited<ReturnType<typeof open>>;
    let store: VaultStore;
    const read = async (key: string) => {
      const value = await store.get(key);
      return value === undefined ? undefined : Buffer.from(value).toString();
    };

    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });
    afterEach(() => opened.close());

    test('gives back what was put, and the last of it', async () => {
      expect(await store.get('a.b')).toBeUndefined();
      await store.put('a.b', Buffer.from('one'));
      await store.put('a.b', Buffer.from('two'));
      expect(await read('a.b')).toBe('two');
    });

    test('creates once: of many callers exactly one wins, and its value stands', async () => {
      const callers = Array.from({ length: 20 }, (_, index) => String(index));
      const won = await Promise.all(callers.map((text) => store.create('race', Buffer.from(text))));
      const winners = callers.filter((_, index) => won[index]);
      expect(winners).toHaveLength(1);
      expect(await read('race')).toBe(winners[0]);
      expect(await store.create('race', Buffer.from('late'))).toBe(false);
    });

    test('erases: gone, again is the same, and the key may be created anew', async () => {
      await store.put('gone', Buffer.from('one'));
      await Promise.all([store.erase('gone'), store.erase('gone')]);
      await store.erase('gone');
      expect(await store.get('gone')).toBeUndefined();
      expect(await store.keys('')).toEqual([]);
      expect(await store.create('gone', Buffer.from('two'))).toBe(true);
      expect(await read('gone')).toBe('two');
    });

    test('replaces what stands there, if it is what is expected', async () => {
      await store.put('key.a', Buffer.from('one'));
      expect(await store.replace('key.a', Buffer.from('other'), Buffer.from('two'))).toBe(false);
      expect(await store.replace('key.b', Buffer.from('one'), Buffer.from('two'))).toBe(false);
      expect(await read('key.a')).toBe('one');
      expect(await store.replace('key.a', Buffer.from('one'), Buffer.from('two'))).toBe(true);
      expect(await read('key.a')).toBe('two');
      await store.eraseReplaced();
      expect(await read('key.a')).toBe('two');
      await store.erase('key.a');
      expect(await read('key.a')).toBeUndefined();
    });

    test('lists keys below whole tokens, sorted, without the erased', async () => {
      for (const key of ['s.ab.y', 's.ab.x', 's.abc.z', 't.ab.x', 's.ab.gone']) await store.put(key, Buffer.from('1'));
      await store.erase('s.ab.gone');
      expect(await store.keys('s.ab')).toEqual(['s.ab.x', 's.ab.y']);
      expect(await store.keys('')).toEqual(['s.ab.x', 's.ab.y', 's.abc.z', 't.ab.x']);
      expect(await store.keys('nothing')).toEqual([]);
    });

    test('keeps its bytes apart from the caller’s', async () => {
      const value = Buffer.from('one');
      await store.put('own', value);
      value.fill(0);
      expect(await read('own')).toBe('one');
    });

    test.each(['', 'a..b', '.a', 'a.', '*', 'a.>', 'a b'])('refuses the key "%s"', async (key) => {
      await expect(store.get(key)).rejects.toThrow(RangeError);
      await expect(store.create(key, Buffer.from('1'))).rejects.toThrow(RangeError);
      await expect(store.put(key, Buffer.from('1'))).rejects.toThrow(RangeError);
      await expect(store.erase(key)).rejects.toThrow(RangeError);
    });
  });
}
