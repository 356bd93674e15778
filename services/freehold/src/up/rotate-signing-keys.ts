import { LOOK_EVERY_MS, type PublishedKeys } from '@freehold/platform';
import { setTimeout as pause } from 'node:timers/promises';
import { recordRotation } from './rotation-record.js';
import { addSignerKeys, ensureSignerKeys, upcomingIn } from './signer-keys.js';

export interface SigningRotation {
  home: string;
  signers: readonly string[];
  /** Until the new keys sign; longer than it takes until all have the file, and than their clocks differ. */
  settleMs: number;
  /** So long the old keys are believed afterwards; a token of a move lives for ten minutes. */
  overlapMs: number;
}

export interface SigningRotated {
  /** From then on all sign with the new keys. */
  from: string;
  /** From then on the old ones are refused. */
  until: string;
  /** An interrupted change that was under way already went on; no further keys were made. */
  continued: boolean;
}

/** Everybody's keys, while everything runs; one at a time. Ends once the new ones sign. */
export async function rotateSigningKeys(rotation: SigningRotation): Promise<SigningRotated> {
  const { home, signers, settleMs, overlapMs } = rotation;
  const upcoming = upcomingIn(ensureSignerKeys(home, signers));
  const from = upcoming ?? new Date(Date.now() + settleMs);
  if (upcoming === null) {
    const until = new Date(from.getTime() + overlapMs);
    addSignerKeys(home, signers, from, until);
    recordRotation(home, { keys: 'signing', from: from.toISOString(), until: until.toISOString() });
  }
  // Who looked just before sees the new time one look later.
  await pause(Math.max(0, from.getTime() - Date.now()) + LOOK_EVERY_MS);
  const published = ensureSignerKeys(home, signers);
  return { from: from.toISOString(), until: lastUntil(published), continued: upcoming !== null };
}

/** When the last of the old keys is refused; now, when none is left. */
export const lastUntil = (published: PublishedKeys): string =>
  Object.values(published)
    .flat()
    .flatMap(({ until }) => until ?? [])
    .toSorted()
    .at(-1) ?? new Date().toISOString();
