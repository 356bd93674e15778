import { describe, expect, it } from '@jest/globals';
import { EMPTY_ROOT } from '../tree/tree-hash.js';
import { formatCheckpoint, openCheckpoint, parseCheckpoint, signCheckpoint, withSignatures } from './checkpoint.js';
import { keysOf, trusted } from './keys.fixture.js';
import { cosigner, noteSigner } from './note-keys.js';
import { formatNote } from './signed-note.js';

const ORIGIN = 'a.example/log';
const checkpoint = { origin: ORIGIN, size: 4711, root: Buffer.alloc(32, 3), extensions: [] };
const ROOT = 'AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=';
const signed = signCheckpoint(checkpoint, noteSigner(ORIGIN, keysOf(1).privateKey));
const log = [trusted(1, ORIGIN)];
const witness = cosigner('w.example', keysOf(2).privateKey);
const witnesses = [trusted(2, 'w.example', 'cosignature')];
const text = formatCheckpoint(checkpoint);

const outcome = (note: string, keys: Parameters<typeof openCheckpoint>[1]['keys'], origin = ORIGIN) => {
  const opened = openCheckpoint(note, { origin, keys });
  return opened.kind === 'refused' ? opened.findings.map(({ code }) => code) : opened.value.cosigned;
};
const cosignedAt = (at: number) => {
  const added = withSignatures(signed, [witness.cosign(text, at)]);
  if (added.kind === 'refused') throw new Error('not read');
  return added.value;
};

describe('a checkpoint', () => {
  it('has three lines and may have more', () => {
    expect(text).toBe(`${ORIGIN}\n4711\n${ROOT}\n`);
    const extended = { ...checkpoint, extensions: ['one', 'two'] };
    expect(parseCheckpoint(formatCheckpoint(extended))).toEqual({ kind: 'read', value: extended });
  });

  it.each([
    ['an empty origin', `\n1\n${ROOT}\n`],
    ['a leading zero', `o\n01\n${ROOT}\n`],
    ['a sign', `o\n+1\n${ROOT}\n`],
    ['a size beyond 2^53', `o\n9007199254740992\n${ROOT}\n`],
    ['a short root', `o\n1\nAwM=\n`],
    ['a root of another spelling', `o\n1\n${ROOT.replace('M=', 'N=')}\n`],
    ['an empty extension', `o\n1\n${ROOT}\n\n`],
    ['two lines', 'o\n1\n'],
    ['an open end', `o\n1\n${ROOT}`],
  ])('is refused with %s', (_, text) => {
    expect(parseCheckpoint(text)).toMatchObject({ kind: 'refused', findings: [{ code: 'checkpoint-malformed' }] });
  });

  it('lists everything that is wrong with it', () => {
    expect(parseCheckpoint('\nx\ny\n')).toMatchObject({ findings: [{}, {}, {}] });
  });

  it('is not made of what is no checkpoint', () => {
    expect(() => formatCheckpoint({ ...checkpoint, origin: 'a\nb' })).toThrow(RangeError);
    expect(() => formatCheckpoint({ ...checkpoint, size: -1 })).toThrow(RangeError);
    expect(() => formatCheckpoint({ ...checkpoint, root: EMPTY_ROOT.subarray(1) })).toThrow(RangeError);
    expect(() => formatCheckpoint({ ...checkpoint, extensions: ['a\nb'] })).toThrow(RangeError);
  });

  it('is believed when its log has signed it, and names the witnesses that are known', () => {
    expect(outcome(signed, { log })).toEqual([]);
    expect(outcome(cosignedAt(1_700_000_000), { log })).toEqual([]);
    expect(outcome(cosignedAt(1_700_000_000), { log, witnesses })).toEqual([{ name: 'w.example', at: 1_700_000_000 }]);
  });

  it('is not believed for a witness’s signature alone, nor of another log', () => {
    const alone = formatNote({ text, signatures: [witness.cosign(text, 5)] });
    expect(outcome(alone, { log, witnesses })).toEqual(['signature-missing']);
    expect(outcome(signed, { log }, 'b.example/log')).toEqual(['origin-foreign']);
  });

  it('is refused with a cosignature whose time was changed', () => {
    const cosigned = witness.cosign(text, 1_700_000_000);
    const later = Buffer.from(cosigned.signature);
    later.writeBigUInt64BE(1_700_000_001n);
    for (const signature of [later, Buffer.alloc(72), cosigned.signature.subarray(8)]) {
      const note = withSignatures(signed, [{ ...cosigned, signature }]);
      if (note.kind === 'refused') throw new Error('not read');
      expect(outcome(note.value, { log, witnesses })).toEqual(['signature-wrong']);
    }
  });

  it('keeps of each key the newest signature', () => {
    const note = withSignatures(cosignedAt(5), [witness.cosign(text, 6)]);
    expect(note.kind === 'read' && outcome(note.value, { log, witnesses })).toEqual([{ name: 'w.example', at: 6 }]);
  });
});
