import type { Finding } from '@freehold/kernel';
import { type Read, read, refused } from '../read.js';
import { HASH_BYTES } from '../tree/tree-hash.js';
import { cosignatureTime, type NoteSignature, type NoteSigner, type NoteVerifier } from './note-keys.js';
import { formatNote, openNote, parseNote } from './signed-note.js';
import { fromBase64, fromDecimal, toBase64 } from './strict-text.js';

/**
 * A tree head, c2sp.org/tlog-checkpoint v1.0.0: the text of a signed note.
 *
 *     <origin>\n<size>\n<root in base64>\n[<extension line>\n …]
 *
 * A log never signs two that are inconsistent: that is the caller's to keep, by signing only what continues the last one.
 */
export interface Checkpoint {
  /** Names the log: `<provider>/log`, after a restore `<provider>/log-i<incarnation>`. */
  origin: string;
  /** Leaves. */
  size: number;
  root: Uint8Array;
  /** Not used by Freehold, and kept where others use them: they are part of what is signed. */
  extensions: readonly string[];
}

/** What is known of a checkpoint after its signatures were verified. */
export interface OpenedCheckpoint {
  checkpoint: Checkpoint;
  text: string;
  signatures: readonly NoteSignature[];
  /** The log's key that signed it: the newest, if several did that are trusted or follow from one that is. */
  signer: NoteVerifier;
  /** Witnesses that were known and have cosigned, each once; `at` in seconds since 1970. */
  cosigned: readonly { name: string; at: number }[];
}

export interface TrustedKeys {
  /** Of the log, oldest first. One of them, or one that follows from it, must have signed. */
  log: readonly NoteVerifier[];
  witnesses?: readonly NoteVerifier[];
}

const malformed = (detail: string): Finding => ({
  pointer: '',
  code: 'checkpoint-malformed',
  detail,
  hint: 'A checkpoint has three lines: origin, size and root. Take it again from where it was published.',
});

/** @throws RangeError for a checkpoint that has no text. */
export function formatCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  const lines = [origin, String(size), toBase64(root), ...extensions];
  const text = `${lines.join('\n')}\n`;
  const parsed = parseCheckpoint(text);
  if (parsed.kind === 'refused' || lines.some((line) => line.includes('\n'))) {
    throw new RangeError(`This cannot be a checkpoint: ${JSON.stringify(lines)}`);
  }
  return text;
}

/** Of the text alone; for a signed one see {@link openCheckpoint}. */
export function parseCheckpoint(text: string): Read<Checkpoint> {
  if (!text.endsWith('\n')) return refused(malformed('The last line does not end.'));
  const [origin, count, encoded, ...extensions] = text.slice(0, -1).split('\n');
  if (origin === undefined || count === undefined || encoded === undefined) {
    return refused(malformed('There are fewer than three lines.'));
  }
  const size = fromDecimal(count);
  const root = fromBase64(encoded);
  const findings = [
    ...(origin === '' ? [malformed('The origin is empty.')] : []),
    ...(size === null ? [malformed('The size is not a decimal number up to 2^53 - 1 without leading zeroes.')] : []),
    ...(root?.byteLength === HASH_BYTES ? [] : [malformed(`The root is not the base64 of ${HASH_BYTES} bytes.`)]),
    ...(extensions.includes('') ? [malformed('An extension line is empty.')] : []),
  ];
  if (findings.length > 0 || size === null || root === null) return refused(...findings);
  return read({ origin, size, root, extensions });
}

/** The checkpoint as a signed note. */
export function signCheckpoint(checkpoint: Checkpoint, signer: NoteSigner): string {
  const text = formatCheckpoint(checkpoint);
  return formatNote({ text, signatures: [signer.sign(text)] });
}

/** The note with further signatures below those that it has; each (name, key id) once, the newest kept. */
export function withSignatures(note: string, added: readonly NoteSignature[]): Read<string> {
  const parsed = parseNote(note);
  if (parsed.kind === 'refused') return parsed;
  const byKey = new Map<string, NoteSignature>();
  for (const each of [...parsed.value.signatures, ...added]) byKey.set(`${each.name} ${each.keyId}`, each);
  return read(formatNote({ text: parsed.value.text, signatures: [...byKey.values()] }));
}

/** A checkpoint that the log `origin` has signed. Cosignatures of witnesses that are not trusted are passed over. */
export function openCheckpoint(
  note: string | Uint8Array,
  { origin, keys }: { origin: string; keys: TrustedKeys },
): Read<OpenedCheckpoint> {
  const opened = openNote(note, [...keys.log, ...(keys.witnesses ?? [])]);
  if (opened.kind === 'refused') return opened;
  const { text, signatures, verified } = opened.value;
  const parsed = parseCheckpoint(text);
  if (parsed.kind === 'refused') return parsed;
  if (parsed.value.origin !== origin) return refused(foreign(parsed.value.origin, origin));
  const own = verified.filter(({ trusted }) => keys.log.includes(trusted));
  const signer = own.at(-1)?.verifier;
  if (signer === undefined) return refused(unsigned(origin));
  const byName = new Map<string, number>();
  for (const { name, signature } of verified.filter(({ trusted }) => !keys.log.includes(trusted))) {
    byName.set(name, Math.max(byName.get(name) ?? 0, cosignatureTime(signature) ?? 0));
  }
  const cosigned = [...byName].map(([name, at]) => ({ name, at }));
  return read({ checkpoint: parsed.value, text, signatures, signer, cosigned });
}

const foreign = (found: string, wanted: string): Finding => ({
  pointer: '/origin',
  code: 'origin-foreign',
  detail: `The checkpoint is of the log ${found}, not of ${wanted}.`,
  hint: 'Ask for the checkpoint of this log, or name the log that you mean.',
});

const unsigned = (origin: string): Finding => ({
  pointer: '/signatures',
  code: 'signature-missing',
  detail: `The log ${origin} itself has not signed this checkpoint with a key that you trust.`,
  hint: 'Compare the verifier key that you hold with the one that the log’s provider publishes.',
});
