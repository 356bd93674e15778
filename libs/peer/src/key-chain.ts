import type { Jwk, ProviderDescription } from '@freehold/portability-contract';
import { thumbprintOf } from './provider-key.js';
import { openStatement } from './statement.js';

/*
 * Who a provider is to a peer that has met it is a key, by its thumbprint; which key that is now, the chain of successions
 * says, each signed with the key before. The description only carries them: whoever came to control nothing but the name
 * cannot make a key that follows from one that is known.
 */

type Known = Pick<ProviderDescription, 'provider' | 'keys' | 'retiredKeys' | 'successions'>;

/** The key with this id, of those that sign and of those that did. */
export const knownKey = ({ keys, retiredKeys = [] }: Known, kid: string): Jwk | null =>
  [...keys, ...retiredKeys].find((jwk) => jwk.kid === kid) ?? null;

/** This key and all that follow from it, by their ids. */
export function successorsOf(description: Known, pinned: string): ReadonlySet<string> {
  const found = new Set([pinned]);
  // A set grows while one walks it.
  for (const kid of found) {
    for (const next of nextOf(description, kid)) found.add(next);
  }
  return found;
}

function nextOf(description: Known, kid: string): string[] {
  const key = knownKey(description, kid);
  if (key === null) return [];
  const signed = (description.successions ?? []).filter((each) => each.kid === kid);
  return signed.flatMap((each) => {
    const payload = openStatement('succession', each, key);
    if (Array.isArray(payload) || payload.provider !== description.provider) return [];
    return thumbprintOf(payload.key) === payload.key.kid ? [payload.key.kid] : [];
  });
}
