import { Instant } from '@freehold/kernel';
import { Jwk, type ProviderDescription, SignedStatement } from '@freehold/portability-contract';
import { z } from 'zod';
import { privateKeysIn, type ProviderKey, providerKeyOf } from './provider-key.js';

/*
 * A provider's keys in one file, so that there is no state between two: private ones in PEM, and after the mark a line of
 * JSON about every key there ever was. A file without that line has one key, since ever.
 *
 *   one key ──► two keys, "the new one signs from T, the old one is accepted until T + overlap" ── T ──► the new key
 *
 * What is said of the keys at an instant follows from the file and the clock, in every replica the same.
 */

const MARK = '# keys: ';

/** One key, in the order in which they were made. */
export const KeyRecord = z.object({
  jwk: Jwk,
  /** It signs from then on; without it: since ever. */
  from: Instant.optional(),
  /** When the next one begins to sign, and until when requests are accepted with this one. */
  retired: Instant.optional(),
  until: Instant.optional(),
  /** Signed with the key before. */
  succession: SignedStatement.optional(),
});
export type KeyRecord = z.infer<typeof KeyRecord>;

export interface ProviderKeys {
  readonly own: readonly [ProviderKey, ...ProviderKey[]];
  readonly records: readonly KeyRecord[];
}

/** @throws ProviderKeyUnusable, or ZodError when what is said of the keys is damaged */
export function providerKeysFrom(file: string, text: string): ProviderKeys {
  const [first, ...others] = privateKeysIn(file, text);
  const own: ProviderKeys['own'] = [providerKeyOf(first), ...others.map(providerKeyOf)];
  const line = text.split('\n').find((each) => each.startsWith(MARK));
  const records =
    line === undefined ? [{ jwk: own[0].jwk }] : z.array(KeyRecord).parse(JSON.parse(line.slice(MARK.length)));
  return { own, records };
}

/** As {@link providerKeysFrom} reads it. @param pems private keys, PKCS #8 */
export const providerKeysText = (pems: readonly string[], records: readonly KeyRecord[]): string =>
  `${pems.join('')}${MARK}${JSON.stringify(records)}\n`;

/** What signs at this moment: the newest whose time has come. */
export function signingKey({ own, records }: ProviderKeys, nowMs: number): ProviderKey {
  const begun = records.filter((each) => startOf(each) <= nowMs && own.some(({ jwk }) => jwk.kid === each.jwk.kid));
  const current = begun.toSorted((one, other) => startOf(other) - startOf(one))[0];
  return own.find(({ jwk }) => jwk.kid === current?.jwk.kid) ?? own[0];
}

/** What the description says of the keys at this moment. */
export function describedKeys(
  keys: ProviderKeys,
  nowMs: number,
): Pick<ProviderDescription, 'keys' | 'retiredKeys' | 'successions'> {
  const { jwk: current } = signingKey(keys, nowMs);
  const others = keys.records.filter(({ jwk }) => jwk.kid !== current.kid);
  const [accepted, over] = [
    others.filter((each) => !isOver(each, nowMs)),
    others.filter((each) => isOver(each, nowMs)),
  ];
  const retiredKeys = over.map(({ jwk, retired }) => ({ ...jwk, retired: retired ?? new Date(nowMs).toISOString() }));
  const successions = keys.records.flatMap(({ succession }) => succession ?? []);
  return {
    keys: [current, ...accepted.map(({ jwk }) => jwk)],
    ...(retiredKeys.length === 0 ? {} : { retiredKeys }),
    ...(successions.length === 0 ? {} : { successions }),
  };
}

/** A key that will sign; undefined: none. */
export const upcomingKey = ({ records }: ProviderKeys, nowMs: number): KeyRecord | undefined =>
  records.find((each) => startOf(each) > nowMs);

const startOf = ({ from }: KeyRecord): number => (from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from));
const isOver = ({ until }: KeyRecord, nowMs: number): boolean => until !== undefined && Date.parse(until) <= nowMs;
