/**
 * Where the vault keeps its records. Keys are tokens joined by dots (`key.personal.<id>`); values are opaque bytes.
 * Every adapter passes testing/vault-store.conformance.ts.
 */
export interface VaultStore {
  /** The value as it is at this moment (never an older one), or undefined. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** Stores unless something stands there. Of several callers exactly one gets true. */
  create(key: string, value: Uint8Array): Promise<boolean>;
  /** Stores, whatever stands there. The bytes that stood there may stay on disk: never replace a key so. */
  put(key: string, value: Uint8Array): Promise<void>;
  /**
   * Stores in place of `present`, whose bytes are overwritten on disk; whoever reads meanwhile gets the one or the other.
   * False: something else stands there, or nothing. One caller at a time.
   */
  replace(key: string, present: Uint8Array, value: Uint8Array): Promise<boolean>;
  /** Overwrites what a crash in the middle of `replace` has left. */
  eraseReplaced(): Promise<void>;
  /** Removes the value and overwrites its bytes on disk. Nothing there: nothing to do. */
  erase(key: string): Promise<void>;
  /** All keys whose first tokens are `prefix`; all there are for ``. Sorted. */
  keys(prefix: string): Promise<string[]>;
}

const KEY = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;

/** @throws RangeError when a key would be read as a wildcard or an empty token. */
export function checkStoreKey(key: string): string {
  if (!KEY.test(key))
    throw new RangeError(`"${key}" is not a key of the vault: tokens of A-Z a-z 0-9 _ -, joined by dots`);
  return key;
}
