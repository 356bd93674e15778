import { readNoteKeys } from '@freehold/evidence';
import { providerKeysFrom } from '@freehold/peer';
import type { PublishedKey } from '@freehold/platform';
import { duration } from '../output/durations.js';
import { hasCode, readIfThere } from '../private-file.js';
import { logKeyPlace, witnessKeyPlace } from '../up/log-key.js';
import { providerKeyFile } from '../up/provider-keys.js';
import { publishedKeys } from '../up/signer-keys.js';
import { type Check, notice, ok, problem } from './checks.js';

const OLD_MS = 2 * 365 * 86_400_000;

/** Keys that are changed at this installation: how old they are, and whether a change is under way. */
export function keysChecks(home: string, nowMs = Date.now()): Check[] {
  try {
    const signing = Object.values(publishedKeys(home)).flat();
    const file = providerKeyFile(home);
    const text = readIfThere(file);
    const noteKeys = [logKeyPlace(home), witnessKeyPlace(home)].flatMap((place): Check[] => {
      const said = readIfThere(place.file);
      return said === undefined ? [] : [checkOf(`${place.title} key`, readNoteKeys(place.file, said).records, nowMs)];
    });
    return [
      ...(signing.length === 0 ? [] : [checkOf('signing keys', signing, nowMs)]),
      ...(text === undefined ? [] : [checkOf('provider key', providerKeysFrom(file, text).records, nowMs)]),
      ...noteKeys,
    ];
  } catch (error) {
    // For who may not read them: they are looked at by whoever the installation belongs to.
    if (hasCode(error, 'EACCES')) return [];
    const detail = error instanceof Error ? error.message : String(error);
    return [problem('keys', detail, 'Put the file back from a copy.')];
  }
}

type Timed = Pick<PublishedKey, 'from' | 'until'>;
const COMMANDS = {
  'signing keys': 'signing-keys',
  'provider key': 'provider-key',
  'log key': 'log-key',
  'witness key': 'witness-key',
} as const;

export function checkOf(name: keyof typeof COMMANDS, keys: readonly Timed[], nowMs: number): Check {
  const begins = keys.flatMap(({ from }) => (from === undefined ? [] : Date.parse(from)));
  const ends = keys.flatMap(({ until }) => (until === undefined ? [] : Date.parse(until)));
  const begun = begins.filter((ms) => ms <= nowMs);
  const ageMs = begun.length === 0 ? null : nowMs - Math.max(...begun);
  const said = [
    ageMs === null ? 'as old as the installation' : `made ${duration(ageMs)} ago`,
    ...(begun.length === begins.length ? [] : [`the next signs in ${duration(Math.max(...begins) - nowMs)}`]),
    ...(ends.some((ms) => ms > nowMs)
      ? [`the one before is accepted for ${duration(Math.max(...ends) - nowMs)} more`]
      : []),
  ].join('; ');
  return ageMs !== null && ageMs > OLD_MS
    ? notice(name, said, `freehold ${COMMANDS[name]} rotate makes others, while everything runs.`)
    : ok(name, said);
}
