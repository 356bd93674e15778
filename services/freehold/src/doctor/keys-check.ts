import type { PublishedKeys } from '@freehold/platform';
import { duration } from '../output/durations.js';
import { publishedKeys, upcomingIn } from '../up/signer-keys.js';
import { type Check, notice, ok } from './checks.js';

const OLD_MS = 2 * 365 * 86_400_000;

/** Keys that are changed at this installation: how old they are, and whether a change is under way. */
export function keysChecks(home: string, nowMs = Date.now()): Check[] {
  const published = publishedKeys(home);
  return Object.keys(published).length === 0 ? [] : [signingKeysCheck(published, nowMs)];
}

export function signingKeysCheck(published: PublishedKeys, nowMs: number): Check {
  const keys = Object.values(published).flat();
  const begins = keys.flatMap(({ from }) => (from === undefined ? [] : Date.parse(from))).filter((ms) => ms <= nowMs);
  const ends = keys.flatMap(({ until }) => (until === undefined ? [] : Date.parse(until))).filter((ms) => ms > nowMs);
  const upcoming = upcomingIn(published, nowMs);
  const ageMs = begins.length === 0 ? null : nowMs - Math.max(...begins);
  const said = [
    ageMs === null ? 'as old as the installation' : `made ${duration(ageMs)} ago`,
    ...(upcoming === null ? [] : [`others sign in ${duration(upcoming.getTime() - nowMs)}`]),
    ...(ends.length === 0 ? [] : [`old ones are believed for ${duration(Math.max(...ends) - nowMs)} more`]),
  ].join('; ');
  return ageMs !== null && ageMs > OLD_MS
    ? notice('signing keys', said, 'freehold signing-keys rotate makes others, while everything runs.')
    : ok('signing keys', said);
}
