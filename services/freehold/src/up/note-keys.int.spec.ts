import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { logOrigin, readNoteKeys, toldKeys, withNextNoteKey } from '@freehold/evidence';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureLogKeys, logKeyPlace, tidyNoteKeys, witnessKeyPlace } from './log-key.js';
import { rotateNoteKey } from './rotate-note-key.js';
import { rotationsFile } from './rotation-record.js';

const origin = 'https://cloud.example';
const NAMED = { name: logOrigin(origin), type: 'ed25519' } as const;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'freehold-note-keys-'));
  ensureLogKeys(home);
});
afterEach(() => rmSync(home, { recursive: true }));

const toldIn = (file: string, nowMs = Date.now()) =>
  toldKeys(readNoteKeys(file, readFileSync(file, 'utf8')), NAMED, nowMs);
const privateKeys = (): number => readFileSync(logKeyPlace(home).file, 'utf8').split('BEGIN PRIVATE KEY').length - 1;
const rotate = (overlapMs: number) =>
  rotateNoteKey({ home, place: logKeyPlace(home), origin, settleMs: 200, overlapMs });

describe('the key of the log that is changed', () => {
  it('is another one at the end, which the old one has signed and which it signs beside', async () => {
    const { file, publicFile } = logKeyPlace(home);
    const { key: old } = toldIn(file);
    const [before, other] = [toldIn(publicFile), readFileSync(witnessKeyPlace(home).file, 'utf8')];
    expect(before.key).toBe(old);
    const rotated = await rotate(60_000);
    expect(rotated).toMatchObject({ also: [old], continued: false });
    for (const place of [file, publicFile]) {
      expect(toldIn(place)).toMatchObject({ key: rotated.key, also: [old], successions: [expect.any(String)] });
    }
    expect(privateKeys()).toBe(2);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(witnessKeyPlace(home).file, 'utf8')).toBe(other);
    expect(readFileSync(rotationsFile(home), 'utf8')).toContain(rotated.key);
    tidyNoteKeys(logKeyPlace(home), Date.now() + 120_000);
    expect(privateKeys()).toBe(1);
    expect(toldIn(publicFile, Date.now() + 120_000)).toMatchObject({ key: rotated.key, also: [], former: [old] });
  });

  it('leaves nothing of the old one on the machine when there is to be no overlap', async () => {
    const { key: old } = toldIn(logKeyPlace(home).file);
    expect(await rotate(0)).toMatchObject({ also: [] });
    expect(privateKeys()).toBe(1);
    expect(toldIn(logKeyPlace(home).publicFile).former).toEqual([old]);
  });

  it('goes on by itself after whoever changed it died, and by the command, without a further key', async () => {
    const { file, publicFile } = logKeyPlace(home);
    const from = new Date(Date.now() + 500);
    const until = new Date(from.getTime() + 60_000);
    // As if it had died before the public file was written.
    writeFileSync(file, withNextNoteKey(file, readFileSync(file, 'utf8'), { ...NAMED, from, until }));
    expect(toldIn(publicFile).also).toEqual([]);
    ensureLogKeys(home);
    expect(toldIn(publicFile).also).toHaveLength(1);
    const rotated = await rotate(0);
    expect(rotated).toMatchObject({ continued: true, from: from.toISOString(), until: until.toISOString() });
    expect(rotated.key).toBe(toldIn(publicFile, until.getTime()).key);
    expect(toldIn(file, until.getTime()).former).toHaveLength(1);
  });

  it('is refused with the file’s name when that is damaged, and nothing is overwritten', async () => {
    const { file } = logKeyPlace(home);
    writeFileSync(file, 'damaged');
    await expect(rotate(0)).rejects.toThrow(
      `${file} holds no Ed25519 keys as they were written; put it back from a copy`,
    );
    expect(readFileSync(file, 'utf8')).toBe('damaged');
  });
});
