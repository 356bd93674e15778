import { type NoteKeys, noteSuccessions, signingNoteKeys } from './note-key-file.js';
import { cosigner, type NoteSignature, noteSigner } from './note-keys.js';

/**
 * What a log, or a witness, signs with at a moment: one key, or while it is changed several, and the lines that lead from
 * its earlier keys to them. All of these lines stand on what it signs.
 */
export interface NoteSigners {
  /** Of the keys: a log's origin, a witness's name. */
  readonly name: string;
  /** The same as long as these are the keys. */
  readonly id: string;
  /** @param at seconds since 1970; only cosignatures have it */
  lines(text: string, at: number): NoteSignature[];
}

export function noteSigners(name: string, keys: NoteKeys, nowMs: number): NoteSigners {
  const signers = signingNoteKeys(keys, nowMs).map((key) => noteSigner(name, key));
  const successions = noteSuccessions(keys, name);
  const lines = (text: string) => [...signers.map((each) => each.sign(text)), ...successions];
  return { name, id: idOf([...signers, ...successions]), lines };
}

export function noteCosigners(name: string, keys: NoteKeys, nowMs: number): NoteSigners {
  const cosigners = signingNoteKeys(keys, nowMs).map((key) => cosigner(name, key));
  const successions = noteSuccessions(keys, name);
  const lines = (text: string, at: number) => [...cosigners.map((each) => each.cosign(text, at)), ...successions];
  return { name, id: idOf([...cosigners, ...successions]), lines };
}

const idOf = (keys: readonly { keyId: number }[]): string => keys.map(({ keyId }) => keyId).join(' ');
