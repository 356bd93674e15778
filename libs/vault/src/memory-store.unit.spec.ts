import { memoryStore } from './memory-store.js';
import { vaultStoreConformance } from './testing/vault-store.conformance.js';

vaultStoreConformance('the memory', async () => ({ store: memoryStore(), close: async () => {} }));
