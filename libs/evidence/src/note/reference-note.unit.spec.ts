import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { openCheckpoint, signCheckpoint, withSignatures } from './checkpoint.js';
import { keyOf, keysOf } from './keys.fixture.js';
import {
  cosignatureTime,
  cosigner,
  formatVerifierKey,
  noteSigner,
  type NoteVerifier,
  parseVerifierKey,
} from './note-keys.js';
import { formatNote, openNote } from './signed-note.js';

/** Made by golang.org/x/mod/sumdb/note and transparency-dev/formats; fixtures/README.md says how. Seeds: 7 and 9, 32 times. */
interface Vectors {
  logKey: string;
  witnessKey: string;
  checkpoint: string;
  cosigned: string;
  note: string;
}

const ORIGIN = 'freehold.example/log';
const WITNESS = 'witness.example/w1';

describe('notes that Go’s libraries have signed', () => {
  let vectors: Vectors;
  let log: NoteVerifier;
  let witness: NoteVerifier;

  beforeAll(async () => {
    vectors = JSON.parse(await readFile(new URL('../../fixtures/notes.json', import.meta.url), 'utf8')) as Vectors;
    [log, witness] = [keyIn(vectors.logKey), keyIn(vectors.witnessKey)];
  });

  it('have verifier keys that we make and read', () => {
    expect(formatVerifierKey(keyOf(7, ORIGIN))).toBe(vectors.logKey);
    expect(formatVerifierKey(keyOf(9, WITNESS, 'cosignature'))).toBe(vectors.witnessKey);
    expect([log.type, witness.type]).toEqual(['ed25519', 'cosignature']);
  });

  it('are opened, text with an empty line included', () => {
    const opened = openNote(vectors.note, [log]);
    if (opened.kind === 'refused') throw new Error(JSON.stringify(opened.findings));
    expect(opened.value.text).toBe('a note\n\nwith an empty line, ümläut and 日本\n');
    expect(formatNote(opened.value)).toBe(vectors.note);
  });

  it('are, as checkpoints, byte for byte what we sign', () => {
    const opened = openCheckpoint(vectors.checkpoint, { origin: ORIGIN, keys: { log: [log] } });
    if (opened.kind === 'refused') throw new Error(JSON.stringify(opened.findings));
    expect(opened.value.checkpoint).toMatchObject({ origin: ORIGIN, size: 70_000, extensions: [] });
    expect(signCheckpoint(opened.value.checkpoint, noteSigner(ORIGIN, keysOf(7).privateKey))).toBe(vectors.checkpoint);
  });

  it('are cosigned as we cosign', () => {
    const opened = openCheckpoint(vectors.cosigned, { origin: ORIGIN, keys: { log: [log], witnesses: [witness] } });
    if (opened.kind === 'refused') throw new Error(JSON.stringify(opened.findings));
    const { text, cosigned, signatures } = opened.value;
    expect(cosigned).toEqual([{ name: WITNESS, at: cosignatureTime(signatures[1]!.signature) }]);
    const again = cosigner(WITNESS, keysOf(9).privateKey).cosign(text, cosigned[0]!.at);
    expect(withSignatures(vectors.checkpoint, [again])).toEqual({ kind: 'read', value: vectors.cosigned });
  });
});

function keyIn(text: string): NoteVerifier {
  const parsed = parseVerifierKey(text);
  if (parsed.kind === 'refused') throw new Error(JSON.stringify(parsed.findings));
  return parsed.value;
}
