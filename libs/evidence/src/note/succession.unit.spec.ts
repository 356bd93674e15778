import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatCheckpoint, openCheckpoint, parseCheckpoint } from './checkpoint.js';
import { keyOf, keysOf, trusted } from './keys.fixture.js';
import { cosigner, formatVerifierKey, type NoteSignature, noteSigner, type SignatureType } from './note-keys.js';
import { formatNote, parseNote } from './signed-note.js';
import { successionOf } from './succession.js';

const ORIGIN = 'a.example/log';
const WITNESS = 'w.example/witness';
const text = formatCheckpoint({ origin: ORIGIN, size: 7, root: Buffer.alloc(32, 3), extensions: [] });

interface Said {
  signer?: number;
  name?: string;
  type?: SignatureType;
}
/** That key `next` follows key `old`, as `signer` says. */
const follows = (old: number, next: number, { signer = old, name = ORIGIN, type = 'ed25519' }: Said = {}) =>
  successionOf(keyOf(old, name, type), keysOf(signer).privateKey, keysOf(next).publicKey);
const signed = (byte: number) => noteSigner(ORIGIN, keysOf(byte).privateKey).sign(text);
const cosigned = (byte: number, at = 5) => cosigner(WITNESS, keysOf(byte).privateKey).cosign(text, at);

const note = (...signatures: NoteSignature[]): string => formatNote({ text, signatures });
/** The key that signed, or why it is not believed. */
const outcome = (of: string | Uint8Array, ...known: number[]): string => {
  const opened = openCheckpoint(of, { origin: ORIGIN, keys: { log: known.map((byte) => trusted(byte, ORIGIN)) } });
  return opened.kind === 'read'
    ? formatVerifierKey(opened.value.signer)
    : opened.findings.map(({ code }) => code).join(' ');
};
const key = (byte: number): string => formatVerifierKey(keyOf(byte, ORIGIN));

describe('a log’s key that follows from another', () => {
  it('is believed by who knows any key before it, or itself; never one before by who knows it', () => {
    const [one, two] = [follows(1, 2), follows(2, 3)];
    for (const known of [1, 2, 3]) expect(outcome(note(signed(3), two, one), known)).toBe(key(3));
    expect(outcome(note(signed(1), one, two), 3)).toBe('signature-missing');
    expect(outcome(note(signed(2), one, two), 3)).toBe('signature-missing');
    expect(outcome(note(signed(1)), 1)).toBe(key(1));
  });

  it('signs beside the old one for a while: the newest counts, whoever knows which', () => {
    const both = note(signed(1), signed(2), follows(1, 2));
    expect([outcome(both, 1), outcome(both, 2), outcome(both, 1, 2)]).toEqual([key(2), key(2), key(2)]);
    expect(outcome(note(signed(2), signed(1), follows(1, 2)), 1)).toBe(key(2));
  });

  it('is passed over by who does not know lines of this kind, as any unknown key’s', () => {
    const parsed = parseNote(note(signed(2), follows(1, 2)));
    expect(parsed.kind === 'read' && parsed.value.signatures).toHaveLength(2);
    expect(outcome(note(signed(4), follows(1, 2)), 4)).toBe(key(4));
  });

  it('is not to be had by a thief who has no key before it', () => {
    const thief = 9;
    const lies: [string, NoteSignature[]][] = [
      ['his own signature', [follows(1, thief, { signer: thief })]],
      ['the signature of a key that follows', [follows(1, 2), follows(1, thief, { signer: 2 })]],
      ['the right words for another key', [{ ...follows(1, 2), signature: swapped(follows(1, 2), thief) }]],
      ['cut short', [{ ...follows(1, 2), signature: follows(1, 2).signature.subarray(0, 95) }]],
      ['too long', [{ ...follows(1, 2), signature: Buffer.concat([follows(1, 2).signature, Buffer.of(0)]) }]],
    ];
    for (const [how, lines] of lies)
      expect([how, outcome(note(signed(thief), ...lines), 1)]).toEqual([how, 'succession-wrong']);
    const strange: [string, NoteSignature[]][] = [
      ['nothing', []],
      ['what follows from himself', [follows(thief, 1)]],
      ['a chain with a gap', [follows(2, thief)]],
      ['what was said under another name', [follows(1, thief, { name: 'b.example/log' })]],
      ['what was said of another kind of key', [follows(1, thief, { type: 'cosignature' })]],
      ['what a witness said', [{ ...follows(1, thief, { type: 'cosignature' }), name: ORIGIN }]],
    ];
    for (const [how, lines] of strange)
      expect([how, outcome(note(signed(thief), ...lines), 1)]).toEqual([how, 'signature-missing']);
    const renamed = { ...follows(1, thief, { name: 'b.example/log' }), keyId: follows(1, 2).keyId, name: ORIGIN };
    expect(outcome(note(signed(thief), renamed), 1)).toBe('succession-wrong');
  });

  it('does not hide a wrong line behind a right signature, and ends where keys follow each other in a circle', () => {
    expect(outcome(note(signed(1), follows(1, 9, { signer: 9 })), 1)).toBe('succession-wrong');
    expect(outcome(note(signed(2), follows(1, 2), follows(2, 1), follows(1, 1)), 1)).toBe(key(2));
  });

  it('is not believed with any byte of the note changed', () => {
    const bytes = Buffer.from(note(signed(2), follows(1, 2)));
    fc.assert(
      fc.property(fc.nat({ max: bytes.byteLength - 1 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = Buffer.from(bytes);
        changed[at]! ^= by;
        expect(outcome(changed, 1)).toMatch(/missing|wrong|malformed|foreign/);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is not made of random lines, and no line of it is a checkpoint or the other way round', () => {
    const line = fc.record({
      name: fc.constant(ORIGIN),
      keyId: fc.constantFrom(follows(1, 2).keyId, signed(1).keyId, 7),
      signature: fc.uint8Array({ minLength: 1, maxLength: 200 }),
    });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), (lines) => {
        expect(outcome(note(signed(9), ...lines), 1)).toMatch(/missing|wrong/);
      }),
    );
    const words = `freehold-key-succession/v1\n${key(1)}\n${key(9)}\n`;
    expect(parseCheckpoint(words).kind).toBe('refused');
    const asNote = noteSigner(ORIGIN, keysOf(1).privateKey).sign(text).signature;
    const bent = { ...follows(1, 9), signature: Buffer.concat([follows(1, 9).signature.subarray(0, 32), asNote]) };
    expect(outcome(note(signed(9), bent), 1)).toBe('succession-wrong');
  });
});

/** The signature of a line, with another key in front. */
const swapped = ({ signature }: NoteSignature, next: number): Uint8Array =>
  Buffer.concat([
    Buffer.from(keysOf(next).publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'),
    signature.subarray(32),
  ]);

describe('a witness’s key that follows from another', () => {
  const log = [trusted(1, ORIGIN)];
  const cosigners = (of: string, ...known: number[]) => {
    const witnesses = known.map((byte) => trusted(byte, WITNESS, 'cosignature'));
    const opened = openCheckpoint(of, { origin: ORIGIN, keys: { log, witnesses } });
    return opened.kind === 'read' ? opened.value.cosigned : opened.findings.map(({ code }) => code);
  };
  const line = follows(5, 6, { name: WITNESS, type: 'cosignature' });

  it('counts as the one witness that it is, however many keys of it are known and have signed', () => {
    const both = note(signed(1), cosigned(5, 5), cosigned(6, 7), line);
    for (const known of [[5], [6], [5, 6]]) expect(cosigners(both, ...known)).toEqual([{ name: WITNESS, at: 7 }]);
    expect(cosigners(note(signed(1), cosigned(6, 7), line), 5)).toEqual([{ name: WITNESS, at: 7 }]);
    expect(cosigners(note(signed(1), cosigned(6, 7)), 5)).toEqual([]);
  });

  it('is nobody’s who only says so', () => {
    const lie = follows(5, 9, { signer: 9, name: WITNESS, type: 'cosignature' });
    expect(cosigners(note(signed(1), cosigned(9), lie), 5)).toEqual(['succession-wrong']);
    const byLog = follows(1, 9, { name: WITNESS, type: 'cosignature' });
    expect(cosigners(note(signed(1), cosigned(9), byLog), 5)).toEqual([]);
  });
});
