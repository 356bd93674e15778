import {
  logOrigin,
  publicNoteKeys,
  readNoteKeys,
  type SignatureType,
  withoutRetiredNoteKeys,
  witnessName,
} from '@freehold/evidence';
import { createSignerKey } from '@freehold/platform';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPrivate, writePrivate } from '../private-file.js';

/** The key that checkpoints of the log are signed with: the audit's alone. Auditors know it; another follows from it. */
export const logKeyFile = (home: string): string => join(home, 'keys', 'log.pem');
/** The key that the logs of others are cosigned with: another one, as cosignatures want. */
export const witnessKeyFile = (home: string): string => join(home, 'keys', 'witness.pem');
export const witnessPublicKeyFile = (home: string): string => join(home, 'keys', 'witness.pub');
/** Written by staff, if at all. */
export const witnessesFile = (home: string): string => join(home, 'witnesses.json');
/** Its public part, which the provider's description tells. */
export const logPublicKeyFile = (home: string): string => join(home, 'keys', 'log.pub');

/** Keys that sign notes: in the private file is everything, the public one follows from it. */
export interface NoteKeyPlace {
  /** As people call it, and the command. */
  readonly title: 'log' | 'witness';
  readonly file: string;
  readonly publicFile: string;
  readonly type: SignatureType;
  /** Of the keys. @param origin the provider's */
  readonly nameOf: (origin: string) => string;
}

export const logKeyPlace = (home: string): NoteKeyPlace => ({
  ...{ title: 'log', type: 'ed25519', nameOf: logOrigin },
  ...{ file: logKeyFile(home), publicFile: logPublicKeyFile(home) },
});
export const witnessKeyPlace = (home: string): NoteKeyPlace => ({
  ...{ title: 'witness', type: 'cosignature', nameOf: witnessName },
  ...{ file: witnessKeyFile(home), publicFile: witnessPublicKeyFile(home) },
});

/** Makes what is missing, and brings both files to where they ought to be, also after an interrupted change. */
export function ensureLogKeys(home: string): void {
  for (const place of [logKeyPlace(home), witnessKeyPlace(home)]) {
    createPrivate(place.file, () => createSignerKey().privatePem);
    tidyNoteKeys(place);
  }
}

/** Takes away private keys that sign no more, and writes the public part. */
export function tidyNoteKeys({ file, publicFile }: NoteKeyPlace, nowMs = Date.now()): void {
  const text = withoutRetiredNoteKeys(file, readFileSync(file, 'utf8'), nowMs);
  writePrivate(file, text);
  writePrivate(publicFile, publicNoteKeys(readNoteKeys(file, text), nowMs));
}
