import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryStore } from '../memory-store.js';
import type { VaultStore } from '../vault-store.js';
import { openVault, type Vault } from '../vault.js';

export interface MemoryVault {
  store: VaultStore;
  masterKeyFile: string;
  vault: Vault;
  /** The same store and master key in another Node process, as it were: nothing cached. */
  reopen(): Promise<Vault>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function memoryVault(): Promise<MemoryVault> {
  const folder = await mkdtemp(join(tmpdir(), 'freehold-vault-'));
  const store = memoryStore();
  const masterKeyFile = join(folder, 'master.key');
  const reopen = () => openVault({ store, masterKeyFile });
  return {
    store,
    masterKeyFile,
    vault: await reopen(),
    reopen,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

export const OPERATOR = '5f0c8f0e-3c0b-4c6e-9d2e-0f8a3a1b2c3d';
export const OTHER = '9a1b2c3d-3c0b-4c6e-9d2e-5f0c8f0e0f8a';
