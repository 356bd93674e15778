import { type KeyRing, recordKey, tombstoneKey } from './key-ring.js';
import type { Secrets } from './secrets.js';
import type { VaultStore } from './vault-store.js';

/** Finishes what a crash interrupted: a tombstone stands, but its key or secrets do too. */
export async function finishErasures(store: VaultStore, keys: KeyRing, secrets: Secrets): Promise<void> {
  const present = new Set(await store.keys(''));
  for (const [kind, owner] of erasedSlots(present)) {
    const leftSecrets = kind === 'secrets' && [...present].some((key) => key.startsWith(`secret.${owner}.`));
    if (leftSecrets) await secrets.shred(owner);
    else if (present.has(recordKey(`${kind}.${owner}`))) await keys.erase(`${kind}.${owner}`);
  }
}

function* erasedSlots(present: ReadonlySet<string>): Generator<['personal' | 'secrets', string]> {
  for (const kind of ['personal', 'secrets'] as const) {
    const prefix = tombstoneKey(`${kind}.`);
    for (const key of present) if (key.startsWith(prefix)) yield [kind, key.slice(prefix.length)];
  }
}
