import { LOOK_EVERY_MS } from '@freehold/platform';
import {
  addProviderKey,
  fingerprintOfKid,
  providerKeysFrom,
  signingKey,
  tidyProviderKeys,
  upcomingKey,
} from '@freehold/peer';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { type Installation, originOf } from './installation.js';
import { providerKeyFile } from './provider-keys.js';
import { recordRotation } from './rotation-record.js';

export interface ProviderRotation {
  home: string;
  installation: Installation;
  /** Until the new key signs; longer than peers keep a description, which is a minute. */
  settleMs: number;
  /** So long requests that the old key signed are accepted afterwards. */
  overlapMs: number;
}

export interface ProviderRotated {
  kid: string;
  /** Of the key that signs now, as people compare it. */
  fingerprint: string;
  from: string;
  /** From then on requests that the old key signed are refused. */
  until: string | null;
  /** An interrupted change that was under way already went on; no further key was made. */
  continued: boolean;
}

/** The key by which others know this provider, while everything runs; one at a time. Ends once the new one signs. */
export async function rotateProviderKey(rotation: ProviderRotation): Promise<ProviderRotated> {
  const { home, installation, settleMs, overlapMs } = rotation;
  const file = providerKeyFile(home);
  const begun = upcomingKey(await tidyProviderKeys(file), Date.now());
  const from = begun === undefined ? new Date(Date.now() + settleMs) : new Date(begun.from ?? 0);
  if (begun === undefined) {
    const until = new Date(from.getTime() + overlapMs);
    await addProviderKey(file, { provider: originOf(installation), from, until });
    const added = providerKeysFrom(file, await readFile(file, 'utf8')).records.at(-1)?.jwk.kid;
    recordRotation(home, { keys: 'provider', kid: added, from: from.toISOString(), until: until.toISOString() });
  }
  await pause(Math.max(0, from.getTime() - Date.now()) + LOOK_EVERY_MS);
  const keys = await tidyProviderKeys(file);
  const { kid } = signingKey(keys, Date.now()).jwk;
  const until = keys.records.at(-2)?.until ?? null;
  return { kid, fingerprint: fingerprintOfKid(kid), from: from.toISOString(), until, continued: begun !== undefined };
}
