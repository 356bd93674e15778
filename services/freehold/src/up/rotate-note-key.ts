import { readNoteKeys, toldKeys, upcomingNoteKey, withNextNoteKey } from '@freehold/evidence';
import { LOOK_EVERY_MS } from '@freehold/platform';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { writePrivate } from '../private-file.js';
import { type NoteKeyPlace, tidyNoteKeys } from './log-key.js';
import { recordRotation } from './rotation-record.js';

export interface NoteKeyRotation {
  home: string;
  place: NoteKeyPlace;
  /** The provider's: the key has a name after it. */
  origin: string;
  /** Until the new key signs; longer than others keep a description, which is a minute. */
  settleMs: number;
  /** So long the old one signs along. */
  overlapMs: number;
}

export interface NoteKeyRotated {
  /** Verifier key that signs from now on. */
  key: string;
  /** Those that sign along. */
  also: string[];
  from: string;
  /** From then on the one before signs no more. */
  until: string;
  /** An interrupted change that was under way already went on; no further key was made. */
  continued: boolean;
}

/**
 * Another key of the log, or of the witness, while everything runs. All that follows from the private file is made again
 * at any time (`tidyNoteKeys`), so a crash leaves nothing half done.
 */
export async function rotateNoteKey(rotation: NoteKeyRotation): Promise<NoteKeyRotated> {
  const { home, place, origin } = rotation;
  const { file, title, type } = place;
  const named = { name: place.nameOf(origin), type };
  tidyNoteKeys(place);
  const begun = upcomingNoteKey(keysIn(file), Date.now());
  const { from, until } = begun ?? timesOf(rotation);
  if (begun === undefined) {
    writePrivate(file, withNextNoteKey(file, readFileSync(file, 'utf8'), { ...named, from, until }));
    tidyNoteKeys(place);
    const { key } = toldKeys(keysIn(file), named, from.getTime());
    recordRotation(home, { keys: title, key, from: from.toISOString(), until: until.toISOString() });
  }
  await pause(Math.max(0, from.getTime() - Date.now()) + LOOK_EVERY_MS);
  tidyNoteKeys(place);
  const { key, also } = toldKeys(keysIn(file), named, Date.now());
  return { key, also, from: from.toISOString(), until: until.toISOString(), continued: begun !== undefined };
}

function timesOf({ settleMs, overlapMs }: NoteKeyRotation): { from: Date; until: Date } {
  const fromMs = Date.now() + settleMs;
  return { from: new Date(fromMs), until: new Date(fromMs + overlapMs) };
}

const keysIn = (file: string) => readNoteKeys(file, readFileSync(file, 'utf8'));
