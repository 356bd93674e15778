import { MOST_RETIRED_KEYS } from '@freehold/portability-contract';
import { createPrivateKey } from 'node:crypto';
import { readFile, rename } from 'node:fs/promises';
import {
  newPrivatePem,
  pemOf,
  privateKeysIn,
  providerKeyOf,
  ProviderKeyUnusable,
  writtenBeside,
} from './provider-key.js';
import { type ProviderKeys, providerKeysFrom, providerKeysText, signingKey, upcomingKey } from './provider-key-file.js';
import { signStatement } from './statement.js';

export interface NextKey {
  /** Whose key it is: the provider's origin. */
  provider: string;
  /** The new one signs from then on. */
  from: Date;
  /** Requests are accepted with the old one until then. */
  until: Date;
}

/**
 * Puts a further key into the file, signed with the one that signs now; the times in it do the rest. One at a time.
 * @throws {@link ProviderKeyUnusable}
 */
export async function addProviderKey(file: string, { provider, from, until }: NextKey): Promise<void> {
  const text = await readFile(file, 'utf8');
  const keys = providerKeysFrom(file, text);
  if (keys.records.length > MOST_RETIRED_KEYS) {
    throw new ProviderKeyUnusable(
      file,
      `has been changed ${MOST_RETIRED_KEYS} times, and a description can tell of no more`,
      'Keep the key that signs now.',
    );
  }
  const pem = newPrivatePem();
  const { jwk } = providerKeyOf(createPrivateKey(pem));
  const current = signingKey(keys, Date.now());
  const at = new Date().toISOString();
  const succession = signStatement('succession', { provider, key: jwk, at }, current);
  const records = keys.records.map((each) =>
    each.until === undefined ? { ...each, retired: from.toISOString(), until: until.toISOString() } : each,
  );
  const pems = [...privateKeysIn(file, text).map(pemOf), pem];
  await replace(file, providerKeysText(pems, [...records, { jwk, from: from.toISOString(), succession }]));
}

/** Takes private keys out of the file that sign no more. Answers how it is then. */
export async function tidyProviderKeys(file: string, nowMs = Date.now()): Promise<ProviderKeys> {
  const text = await readFile(file, 'utf8');
  const keys = providerKeysFrom(file, text);
  const used = [signingKey(keys, nowMs).jwk.kid, upcomingKey(keys, nowMs)?.jwk.kid];
  const privateKeys = privateKeysIn(file, text);
  const kept = privateKeys.filter((each) => used.includes(providerKeyOf(each).jwk.kid));
  if (kept.length < privateKeys.length) await replace(file, providerKeysText(kept.map(pemOf), keys.records));
  return providerKeysFrom(file, await readFile(file, 'utf8'));
}

const replace = async (file: string, text: string): Promise<void> => rename(await writtenBeside(file, text), file);
