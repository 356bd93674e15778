import { checkStoreKey, type VaultStore } from './vault-store.js';

/** A vault's store for tests of what stands on it; forgets everything with the process. */
export function memoryStore(): VaultStore {
  const records = new Map<string, Uint8Array>();
  return {
    get: async (key) => copyOf(records.get(checkStoreKey(key))),
    create: async (key, value) => {
      if (records.has(checkStoreKey(key))) return false;
      records.set(key, Uint8Array.from(value));
      return true;
    },
    put: async (key, value) => {
      records.set(checkStoreKey(key), Uint8Array.from(value));
    },
    replace: async (key, present, value) => {
      const stands = records.get(checkStoreKey(key));
      if (stands === undefined || Buffer.compare(stands, present) !== 0) return false;
      records.set(key, Uint8Array.from(value));
      return true;
    },
    eraseReplaced: async () => undefined,
    erase: async (key) => {
      records.get(checkStoreKey(key))?.fill(0);
      records.delete(key);
    },
    keys: async (prefix) => [...records.keys()].filter((key) => prefix === '' || key.startsWith(`${prefix}.`)).sort(),
  };
}

const copyOf = (value: Uint8Array | undefined) => (value === undefined ? undefined : Uint8Array.from(value));
