import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { keyOf, keysOf, trusted } from './keys.fixture.js';
import { cosigner, formatVerifierKey, keyIdOf, noteSigner, parseVerifierKey, verifierOf } from './note-keys.js';
import { formatNote, formatSignature, openNote, parseNote } from './signed-note.js';

const alice = noteSigner('alice.example', keysOf(1).privateKey);
const bob = noteSigner('bob.example', keysOf(2).privateKey);
const TEXT = 'first line\n\nthird line\n';
const signedBy = (...signers: (typeof alice)[]) =>
  formatNote({ text: TEXT, signatures: signers.map((signer) => signer.sign(TEXT)) });
const codes = (note: string | Uint8Array, ...verifiers: ReturnType<typeof trusted>[]) => {
  const opened = openNote(note, verifiers);
  return opened.kind === 'refused'
    ? opened.findings.map(({ code }) => code)
    : opened.value.verified.map(({ name }) => name);
};

describe('a signed note', () => {
  it('is opened by a known key; unknown ones are passed over', () => {
    expect(codes(signedBy(alice, bob), trusted(2, 'bob.example'))).toEqual(['bob.example']);
    expect(codes(signedBy(alice, bob), trusted(2, 'bob.example'), trusted(1, 'alice.example'))).toHaveLength(2);
  });

  it('is refused when no known key has signed it', () => {
    expect(codes(signedBy(alice), trusted(2, 'bob.example'))).toEqual(['signature-missing']);
    expect(codes(signedBy(alice), trusted(1, 'other.example'))).toEqual(['signature-missing']);
    expect(codes(signedBy(alice))).toEqual(['signature-missing']);
  });

  it('is refused when a known key’s signature is wrong, whatever else is on it', () => {
    const forged = formatSignature({ ...alice.sign('another text\n'), name: 'alice.example' });
    const verifiers = [trusted(1, 'alice.example'), trusted(2, 'bob.example')] as const;
    expect(codes(signedBy(bob) + forged, ...verifiers)).toEqual(['signature-wrong']);
    expect(codes(signedBy(alice, bob) + forged, ...verifiers)).toEqual(['signature-wrong']);
  });

  it('is not opened with any single byte changed', () => {
    const note = Buffer.from(signedBy(alice));
    const verifier = trusted(1, 'alice.example');
    fc.assert(
      fc.property(fc.nat({ max: note.byteLength - 1 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = Buffer.from(note);
        changed[at]! ^= by;
        expect(openNote(changed, [verifier]).kind).toBe('refused');
      }),
      { numRuns: 2_000 },
    );
  });

  it('is the same after it was parsed and formatted', () => {
    const texts = fc.array(
      fc.string({ unit: 'grapheme' }).filter((line) => !/[\p{Cc}]/u.test(line)),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(texts, (lines) => {
        const text = `${lines.join('\n')}\n`;
        const note = formatNote({ text, signatures: [alice.sign(text), bob.sign(text)] });
        const parsed = parseNote(Buffer.from(note));
        expect(parsed).toMatchObject({ kind: 'read', value: { text } });
        expect(codes(note, trusted(1, 'alice.example'))).toEqual(['alice.example']);
      }),
    );
  });

  it.each([
    ['without an empty line', 'text\n— a QUJDREU=\n'],
    ['without signatures', 'text\n\n'],
    ['with a line that does not end', 'text\n\n— a QUJDREU='],
    ['with an empty line among signatures', 'text\n\n— a QUJDREU=\n\n'],
    ['with another dash', 'text\n\n- a QUJDREU=\n'],
    ['with a plus in a name', 'text\n\n— a+b QUJDREU=\n'],
    ['with a space of another kind in a name', 'text\n\n— a\u00A0b QUJDREU=\n'],
    ['with no name', 'text\n\n—  QUJDREU=\n'],
    ['with a signature of four bytes', 'text\n\n— a QUJDRA==\n'],
    ['with base64 without padding', 'text\n\n— a QUJDREU\n'],
    ['with base64 of the URL alphabet', 'text\n\n— a QUJ_REU=\n'],
    ['with base64 whose unused bits are set', 'text\n\n— a QUJDREV=\n'],
    ['with a carriage return', 'text\r\n\n— a QUJDREU=\n'],
    ['with a tab', 'te\txt\n\n— a QUJDREU=\n'],
    ['with half a surrogate pair', 'te\uD800xt\n\n— a QUJDREU=\n'],
    ['with 101 signatures', `text\n\n${'— a QUJDREU=\n'.repeat(101)}`],
  ])('is refused %s', (_, note) => {
    expect(parseNote(note)).toMatchObject({ kind: 'refused', findings: [{ code: 'note-malformed' }] });
  });

  it('is refused when its bytes are not UTF-8, and keeps a byte order mark as part of the text', () => {
    expect(parseNote(Buffer.concat([Buffer.of(0xff), Buffer.from(signedBy(alice))])).kind).toBe('refused');
    expect(codes(Buffer.from(`\uFEFF${signedBy(alice)}`), trusted(1, 'alice.example'))).toEqual(['signature-wrong']);
  });

  it('takes 100 signatures and a form that is right', () => {
    expect(parseNote(`text\n\n${'— a QUJDREU=\n'.repeat(100)}`).kind).toBe('read');
  });
});

describe('keys of notes', () => {
  it('have different ids for the same key by name and type', () => {
    const ids = [keyOf(1, 'a'), keyOf(1, 'b'), keyOf(1, 'a', 'cosignature'), keyOf(2, 'a')].map(keyIdOf);
    expect(new Set(ids).size).toBe(4);
  });

  it('are read back', () => {
    const vkey = formatVerifierKey(keyOf(5, 'name.example/x'));
    expect(parseVerifierKey(vkey)).toMatchObject({ kind: 'read', value: { name: 'name.example/x', type: 'ed25519' } });
  });

  it.each([
    ['another key id', (key: string) => key.replace(/\+[0-9a-f]{8}\+/, '+00000000+')],
    ['another name', (key: string) => `x${key}`],
    ['an unknown type', (key: string) => key.replace(/\+A.(?=[A-Za-z0-9+/]*=*$)/, '+Bg')],
    ['a key that is too short', (key: string) => key.slice(0, -8)],
    ['no key', (key: string) => key.slice(0, key.lastIndexOf('+'))],
    ['a space in the name', (key: string) => key.replace('.', ' ')],
    ['nothing', () => ''],
  ])('are refused with %s', (_, spoil) => {
    const vkey = formatVerifierKey(keyOf(5, 'name.example'));
    expect(parseVerifierKey(spoil(vkey))).toMatchObject({
      kind: 'refused',
      findings: [{ code: 'verifier-key-malformed' }],
    });
  });

  it('sign by Ed25519 under a name that a note can carry', () => {
    expect(() => noteSigner('a b', keysOf(1).privateKey)).toThrow(RangeError);
    expect(() => noteSigner('a', keysOf(1).publicKey)).toThrow(TypeError);
    expect(() => verifierOf(keyOf(1, ''))).toThrow(RangeError);
    expect(() => cosigner('w', keysOf(1).privateKey).cosign('text\n', 0)).toThrow(RangeError);
    expect(() => cosigner('w', keysOf(1).privateKey).cosign('text\n', 1.5)).toThrow(RangeError);
  });
});
