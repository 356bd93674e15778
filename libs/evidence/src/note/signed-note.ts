import type { Finding } from '@freehold/kernel';
import { type Read, read, refused } from '../read.js';
import type { NoteSignature, NoteVerifier } from './note-keys.js';
import { fromBase64, fromUtf8, hasControls, isKeyName, toBase64 } from './strict-text.js';
import { knownKeys } from './succession.js';

/**
 * Signed notes, c2sp.org/signed-note v1.0.0: a text, an empty line, and lines `— <key name> base64(key id || signature)`.
 *
 * A text is worth nothing until a known key's signature was verified: {@link openNote}.
 */
export interface SignedNote {
  /** With its last newline. */
  text: string;
  signatures: readonly NoteSignature[];
}

export interface OpenedNote extends SignedNote {
  /** Those that a known key has made; each key once, in the order of the keys, each after those that it follows from. */
  verified: readonly VerifiedSignature[];
  /** Lines by which a key follows from one of `verifiers`. */
  successions: readonly NoteSignature[];
}

export interface VerifiedSignature extends NoteSignature {
  verifier: NoteVerifier;
  /** The key that was given: the verifier itself, or one that it follows from by lines of the note (succession.ts). */
  trusted: NoteVerifier;
}

/** The specification wants at least 16; post-quantum signatures have up to 5 kB. */
const MAX_SIGNATURES = 100;
const MAX_NOTE_CHARACTERS = 1_000_000;

const HINT = 'Take the note again from where it was published, byte for byte.';
const malformed = (detail: string): Finding => ({ pointer: '', code: 'note-malformed', detail, hint: HINT });

export function formatNote({ text, signatures }: SignedNote): string {
  return `${text}\n${signatures.map(formatSignature).join('')}`;
}

/** One line, with its newline. */
export function formatSignature({ name, keyId, signature }: NoteSignature): string {
  const bytes = Buffer.alloc(4 + signature.byteLength);
  bytes.writeUInt32BE(keyId);
  bytes.set(signature, 4);
  return `— ${name} ${toBase64(bytes)}\n`;
}

export function parseNote(note: string | Uint8Array): Read<SignedNote> {
  const whole = typeof note === 'string' ? note : fromUtf8(note);
  if (whole === null || !whole.isWellFormed()) return refused(malformed('The note is not UTF-8.'));
  if (whole.length > MAX_NOTE_CHARACTERS) {
    return refused(malformed(`The note has more than ${MAX_NOTE_CHARACTERS} characters.`));
  }
  if (hasControls(whole)) return refused(malformed('The note has control characters.'));
  const end = whole.lastIndexOf('\n\n');
  if (end === -1) return refused(malformed('The note has no empty line between text and signatures.'));
  const signatures = parseSignatures(whole.slice(end + 2));
  return signatures.kind === 'refused'
    ? signatures
    : read({ text: whole.slice(0, end + 1), signatures: signatures.value });
}

/** Signature lines alone, as a witness answers them: one at least. */
export function parseSignatures(lines: string): Read<NoteSignature[]> {
  if (!lines.endsWith('\n')) return refused(malformed('The last signature does not end with a newline.'));
  const each = lines.slice(0, -1).split('\n');
  if (each.length > MAX_SIGNATURES) return refused(malformed(`The note has more than ${MAX_SIGNATURES} signatures.`));
  const parsed = each.map(parseSignature);
  const whole = parsed.filter((signature) => signature !== null);
  const findings = parsed.flatMap((signature, at) =>
    signature === null
      ? [{ ...malformed(`Line ${at + 1} below the text is no signature.`), pointer: `/signatures/${at}` }]
      : [],
  );
  return findings.length > 0 ? refused(...findings) : read(whole);
}

/**
 * The note with those of its signatures that are by `verifiers`, or by keys that follow from them. Refused when none is, and when one claims to be and is
 * wrong: such a note was tampered with, whatever else is on it.
 */
export function openNote(note: string | Uint8Array, verifiers: readonly NoteVerifier[]): Read<OpenedNote> {
  const parsed = parseNote(note);
  if (parsed.kind === 'refused') return parsed;
  const { text, signatures } = parsed.value;
  const followed = knownKeys(signatures, verifiers);
  if (followed.kind === 'refused') return followed;
  const { keys, successions } = followed.value;
  const verified = new Map<NoteVerifier, VerifiedSignature>();
  const findings: Finding[] = [];
  for (const [at, signature] of signatures.entries()) {
    const known = keys.filter(({ verifier: { name, keyId } }) => name === signature.name && keyId === signature.keyId);
    if (known.length === 0) continue;
    const signer = known.find(({ verifier }) => verifier.verifies(text, signature.signature));
    if (signer !== undefined) verified.set(signer.verifier, { ...signature, ...signer });
    else findings.push(wrongSignature(at, signature.name));
  }
  if (verified.size === 0 && findings.length === 0) findings.push(unsigned(verifiers));
  return findings.length > 0
    ? refused(...findings)
    : read({ text, signatures, verified: keys.flatMap(({ verifier }) => verified.get(verifier) ?? []), successions });
}

function parseSignature(line: string): NoteSignature | null {
  const [dash, name, encoded, ...rest] = line.split(' ');
  if (dash !== '—' || name === undefined || encoded === undefined || rest.length > 0) return null;
  const bytes = fromBase64(encoded);
  if (!isKeyName(name) || bytes === null || bytes.byteLength < 5) return null;
  return { name, keyId: Buffer.from(bytes).readUInt32BE(), signature: bytes.subarray(4) };
}

const wrongSignature = (at: number, name: string): Finding => ({
  pointer: `/signatures/${at}`,
  code: 'signature-wrong',
  detail: `The signature of ${name} does not fit the text.`,
  hint: `${HINT} If it stays so, somebody changed the note or signed with another key: keep it as evidence.`,
});

const unsigned = (verifiers: readonly NoteVerifier[]): Finding => ({
  pointer: '/signatures',
  code: 'signature-missing',
  detail: `None of the keys that you trust has signed this: ${verifiers.map(({ name }) => name).join(', ') || 'there are none'}.`,
  hint: 'Compare the verifier keys that you hold with those that the signer publishes, former ones too: a note leads from a key to those after it, for the last changes, and never to one before.',
});
