import { describe, expect, it } from '@jest/globals';
import { formatCheckpoint, openCheckpoint } from './checkpoint.js';
import { keysOf, trusted } from './keys.fixture.js';
import { parseVerifierKey } from './note-keys.js';
import {
  publicNoteKeys,
  readNoteKeys,
  toldKeys,
  upcomingNoteKey,
  withNextNoteKey,
  withoutRetiredNoteKeys,
} from './note-key-file.js';
import { noteSigners } from './note-signers.js';
import { formatNote } from './signed-note.js';

const FILE = 'log.pem';
const ORIGIN = 'a.example/log';
const NAMED = { name: ORIGIN, type: 'ed25519' } as const;
const T = Date.now() + 3_600_000;
const UNTIL = T + 60_000;
const FIRST = keysOf(1).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const text = formatCheckpoint({ origin: ORIGIN, size: 7, root: Buffer.alloc(32, 3), extensions: [] });

const changed = (before = FIRST, from = T) =>
  withNextNoteKey(FILE, before, { ...NAMED, from: new Date(from), until: new Date(from + 60_000) });
/** What the keys of a file sign at an instant, as it is published. */
const noteAt = (file: string, nowMs: number): string =>
  formatNote({ text, signatures: noteSigners(ORIGIN, readNoteKeys(FILE, file), nowMs).lines(text, 1) });
const linesAt = (file: string, nowMs: number): number => noteAt(file, nowMs).split('\n— ').length - 1;
const toldAt = (file: string, nowMs: number) => toldKeys(readNoteKeys(FILE, file), NAMED, nowMs);
const isBelieved = (note: string, key: string): boolean => {
  const known = parseVerifierKey(key);
  if (known.kind === 'refused') throw new Error(key);
  return openCheckpoint(note, { origin: ORIGIN, keys: { log: [known.value] } }).kind === 'read';
};

describe('the file of a log’s keys', () => {
  it('has one key, since ever, as it was made', () => {
    expect(toldAt(FIRST, 0)).toMatchObject({ also: [], former: [], successions: [] });
    expect(linesAt(FIRST, 0)).toBe(1);
    expect(openCheckpoint(noteAt(FIRST, 0), { origin: ORIGIN, keys: { log: [trusted(1, ORIGIN)] } }).kind).toBe('read');
  });

  it('announces the next one, has both sign, and then the next one alone: at each moment who knows either believes it', () => {
    const file = changed();
    const [old, next] = [toldAt(file, T - 1).key, toldAt(file, T).key];
    expect(toldAt(file, T - 1)).toMatchObject({ key: old, also: [next], former: [] });
    expect(toldAt(file, T)).toMatchObject({ key: next, also: [old], former: [] });
    expect(toldAt(file, UNTIL)).toMatchObject({ key: next, also: [], former: [old] });
    // The line by which one follows from the other is one of them.
    expect([T - 1, T, UNTIL].map((at) => linesAt(file, at))).toEqual([2, 3, 2]);
    for (const at of [T - 1, T, UNTIL]) expect([at, isBelieved(noteAt(file, at), old)]).toEqual([at, true]);
    for (const at of [T, UNTIL]) expect([at, isBelieved(noteAt(file, at), next)]).toEqual([at, true]);
    expect(isBelieved(noteAt(FIRST, 0), old)).toBe(true);
    expect(isBelieved(noteAt(FIRST, 0), next)).toBe(false);
  });

  it('leaves no private key that signs no more, and loses none that signs or will', () => {
    const file = changed();
    expect(withoutRetiredNoteKeys(FILE, file, T - 1)).toBe(file);
    expect(withoutRetiredNoteKeys(FILE, file, UNTIL - 1)).toBe(file);
    const tidied = withoutRetiredNoteKeys(FILE, file, UNTIL);
    expect(tidied.split('BEGIN PRIVATE KEY')).toHaveLength(2);
    expect(tidied).not.toContain(FIRST.split('\n')[1]);
    expect(noteAt(tidied, UNTIL)).toBe(noteAt(file, UNTIL));
    expect(toldAt(tidied, UNTIL)).toEqual(toldAt(file, UNTIL));
  });

  it('tells others everything but private keys', () => {
    const file = changed();
    const told = publicNoteKeys(readNoteKeys(FILE, file), T - 1);
    expect(told).not.toContain('PRIVATE');
    for (const at of [T - 1, T, UNTIL]) expect(toldAt(told, at)).toEqual(toldAt(file, at));
    expect(linesAt(changed(), 0)).toBe(2);
  });

  it('leads from each of the last five changes, and no further: a note must be read with 16 lines', () => {
    let file = FIRST;
    const keys = [toldAt(file, 0).key];
    for (let change = 0; change < 6; change += 1) {
      file = withoutRetiredNoteKeys(FILE, changed(file, Date.now() - 120_000 + change), Date.now());
      keys.push(toldAt(file, Date.now()).key);
    }
    const note = noteAt(file, Date.now());
    expect(keys.map((key) => isBelieved(note, key))).toEqual([false, ...keys.slice(1).map(() => true)]);
    expect(linesAt(file, Date.now())).toBe(6);
    expect(toldAt(file, Date.now()).former.toSorted()).toEqual(keys.slice(0, -1).toSorted());
    expect(toldAt(file, Date.now()).successions).toHaveLength(6);
  });

  it('says when the next one signs, as long as it does not', () => {
    const keys = readNoteKeys(FILE, changed());
    expect(upcomingNoteKey(keys, T - 1)).toEqual({ from: new Date(T), until: new Date(UNTIL) });
    expect(upcomingNoteKey(keys, T)).toBeUndefined();
  });

  it('is refused when it is damaged, without a word of what is in it', () => {
    const file = changed();
    const damages = [
      '',
      'x',
      file.replace('# keys: [', '# keys: {'),
      file.replace(/"succession":"—/, '"succession":"-'),
    ];
    for (const damaged of damages) {
      expect(() => readNoteKeys(FILE, damaged)).toThrow(`${FILE} holds no Ed25519 keys as they were written`);
    }
    const secret = FIRST.split('\n')[1] ?? '';
    try {
      readNoteKeys(FILE, FIRST.replace('MC4', 'M"4'));
    } catch (error) {
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(secret.slice(10));
    }
  });
});
