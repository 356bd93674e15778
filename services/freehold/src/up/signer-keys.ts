import {
  createSignerKey,
  privateKeysIn,
  publicPemOf,
  type PublishedKey,
  type PublishedKeys,
  publishedKeysIn,
  signsAt,
} from '@freehold/platform';
import { join } from 'node:path';
import { createPrivate, readIfThere, writePrivate } from '../private-file.js';
import { SERVICE_NAMES } from '../serve/service-registry.js';
import type { Installation } from './installation.js';

/*
 * The keys by which services know each other: a private one for each in a file of its own, everybody's public ones in one
 * file, which all of them look into while they run.
 *
 *   signer-<name>.pem   [old] ──► [old, new] ───────────────────────────────────────► [new]
 *   signers.json         old  ──► old until T + overlap, new from T ── T ── both ────► new
 *                                 believed by all, signs nothing       new signs       old is refused
 *
 * What happens at T and later is a matter of clocks. Crash before signers.json is replaced: an unknown key lies in a
 * private file, and goes when somebody looks next. After it: the change goes on by itself; old parts go with the next look.
 */

export const signingKeyFile = (home: string, signer: string): string => join(home, 'keys', `signer-${signer}.pem`);
export const signerKeysFile = (home: string): string => join(home, 'keys', 'signers.json');

export const signerOf = (name: string, { host }: Pick<Installation, 'host'>): string =>
  name === 'agent' ? `agent.${host}` : name;
/** Everybody who signs in an installation. */
export const signersOf = (installation: Pick<Installation, 'host'>): string[] => [
  'system',
  ...SERVICE_NAMES.map((name) => signerOf(name, installation)),
];

/** Makes keys that are missing, and takes away what has served its time. Not beside a change: under the lock of keys. */
export function ensureSignerKeys(home: string, signers: readonly string[], nowMs = Date.now()): PublishedKeys {
  const published = publishedKeys(home);
  const kept = signers.map((signer) => {
    const own = ownKeys(home, signer);
    const known = (published[signer] ?? []).filter(({ key, until }) =>
      until === undefined ? own.has(key) : nowMs < Date.parse(until),
    );
    const current = signsAt(
      known.filter(({ key }) => own.has(key)),
      nowMs,
    )?.key;
    const first: PublishedKey[] = [...own.keys()].slice(0, 1).map((key) => ({ key, from: instant(nowMs) }));
    const keys = current === undefined ? [...first, ...known.filter(({ key }) => !own.has(key))] : known;
    return { signer, keys, own: stillUsed(own, keys, nowMs) };
  });
  const entries: PublishedKeys = Object.fromEntries(kept.map(({ signer, keys }) => [signer, keys]));
  writePublished(home, entries);
  for (const { signer, own } of kept) writePrivate(signingKeyFile(home, signer), own.join(''));
  return entries;
}

/** A further key for each signer, that signs from this moment on; the others are believed until then. */
export function addSignerKeys(home: string, signers: readonly string[], from: Date, until: Date): void {
  const published = ensureSignerKeys(home, signers);
  const added = signers.map((signer) => {
    const { privatePem, publicPem } = createSignerKey();
    writePrivate(signingKeyFile(home, signer), `${[...ownKeys(home, signer).values()].join('')}${privatePem}`);
    const before = (published[signer] ?? []).map((each) => ({ until: until.toISOString(), ...each }));
    return [signer, [...before, { key: publicPem, from: from.toISOString() }]] as const;
  });
  writePublished(home, Object.fromEntries(added));
}

/** As they are published; none when nobody can read them: then all are written anew. */
export function publishedKeys(home: string): PublishedKeys {
  const text = readIfThere(signerKeysFile(home));
  if (text === undefined) return {};
  try {
    return publishedKeysIn(text);
  } catch {
    return {};
  }
}

/** When keys begin to sign that do not yet; null: there are none. */
export function upcomingIn(published: PublishedKeys, nowMs = Date.now()): Date | null {
  const begins = Object.values(published)
    .flat()
    .map(({ from }) => Date.parse(from ?? ''))
    .filter((ms) => ms > nowMs);
  return begins.length === 0 ? null : new Date(Math.max(...begins));
}

/** Private keys in PEM by their public ones, in the order of the file; there is at least one. */
function ownKeys(home: string, signer: string): ReadonlyMap<string, string> {
  const file = signingKeyFile(home, signer);
  const text = createPrivate(file, () => createSignerKey().privatePem);
  return new Map(
    privateKeysIn(file, text).map((key) => [publicPemOf(key), key.export({ type: 'pkcs8', format: 'pem' }).toString()]),
  );
}

/** What signs now, and what will. */
function stillUsed(own: ReadonlyMap<string, string>, keys: readonly PublishedKey[], nowMs: number): string[] {
  const ofOurs = keys.filter(({ key }) => own.has(key));
  const current = signsAt(ofOurs, nowMs);
  const used = ofOurs.filter((each) => each === current || Date.parse(each.from ?? '') > nowMs);
  return used.map(({ key }) => own.get(key) ?? '');
}

const writePublished = (home: string, published: PublishedKeys): void =>
  writePrivate(signerKeysFile(home), `${JSON.stringify(published, undefined, 2)}\n`);

const instant = (ms: number): string => new Date(ms).toISOString();
