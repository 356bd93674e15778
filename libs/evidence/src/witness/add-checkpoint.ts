import type { Finding } from '@freehold/kernel';
import { type Checkpoint, parseCheckpoint } from '../note/checkpoint.js';
import type { NoteSignature, NoteVerifier } from '../note/note-keys.js';
import { openNote, type OpenedNote, parseNote, parseSignatures } from '../note/signed-note.js';
import { fromBase64, fromDecimal, fromUtf8, toBase64 } from '../note/strict-text.js';
import { type Read, read, refused } from '../read.js';
import { HASH_BYTES } from '../tree/tree-hash.js';

/**
 * What goes over the wire between a log and a witness, c2sp.org/tlog-witness v1.0.0: `POST <prefix>/add-checkpoint`.
 *
 *     old <size>\n[<hash in base64>\n … at most 63]\n<checkpoint>
 *
 * Answers: 200 with signature lines; 409 with the size that the witness knows, as `text/x.tlog.size`; 400, 403, 404, 422.
 */
export interface AddCheckpoint {
  /** Of the checkpoint that this witness cosigned last, as far as the log knows; 0 for none. */
  oldSize: number;
  /** RFC 9162 consistency proof from the old size on. */
  proof: readonly Uint8Array[];
  /** The signed checkpoint, as it is published. */
  note: string;
}

export interface ParsedAddCheckpoint extends AddCheckpoint {
  /** Its signatures are not verified yet. */
  checkpoint: Checkpoint;
}

export const SIZE_CONTENT_TYPE = 'text/x.tlog.size';
const MAX_PROOF_LINES = 63;

const malformed = (detail: string): Finding => ({
  pointer: '',
  code: 'request-malformed',
  detail,
  hint: 'The form of the request is described at c2sp.org/tlog-witness.',
});

export function formatAddCheckpoint({ oldSize, proof, note }: AddCheckpoint): string {
  if (proof.length > MAX_PROOF_LINES) throw new RangeError(`A proof has at most ${MAX_PROOF_LINES} hashes`);
  return `old ${oldSize}\n${proof.map((hash) => `${toBase64(hash)}\n`).join('')}\n${note}`;
}

export function parseAddCheckpoint(body: string | Uint8Array): Read<ParsedAddCheckpoint> {
  const text = typeof body === 'string' ? body : fromUtf8(body);
  const end = text?.indexOf('\n\n') ?? -1;
  if (text === null || end === -1) return refused(malformed('There is no empty line above the checkpoint.'));
  const [first = '', ...lines] = text.slice(0, end).split('\n');
  const oldSize = first.startsWith('old ') ? fromDecimal(first.slice('old '.length)) : null;
  if (oldSize === null) return refused(malformed('The first line is not `old` and a size.'));
  if (lines.length > MAX_PROOF_LINES) return refused(malformed(`The proof has more than ${MAX_PROOF_LINES} hashes.`));
  const proof = lines.map(fromBase64).filter((hash) => hash?.byteLength === HASH_BYTES) as Uint8Array[];
  if (proof.length < lines.length) return refused(malformed('A line of the proof is not the base64 of a hash.'));
  const note = text.slice(end + 2);
  const parsed = parseNote(note);
  if (parsed.kind === 'refused') return parsed;
  const checkpoint = parseCheckpoint(parsed.value.text);
  if (checkpoint.kind === 'refused') return checkpoint;
  return read({ oldSize, proof, note, checkpoint: checkpoint.value });
}

/** What a witness answered, on the wire. */
export interface WitnessAnswer {
  status: number;
  contentType: string;
  body: string;
}

/**
 * - `cosigned`: by the witness that was asked; only its own signatures, verified, to be added to the checkpoint, and the lines
 *   by which its keys follow from the one that is known.
 * - `conflict`: it knows the log at another size: ask again from there. Never roll back; a size that this log never signed is
 *   a fork, or another log with its name.
 */
export type AddCheckpointOutcome =
  | { kind: 'cosigned'; signatures: readonly NoteSignature[] }
  | { kind: 'conflict'; size: number }
  | { kind: 'refused'; findings: readonly Finding[] };

/** `text` is the checkpoint's, without signatures. */
export function readWitnessAnswer(
  { status, contentType, body }: WitnessAnswer,
  { text, witness }: { text: string; witness: readonly NoteVerifier[] },
): AddCheckpointOutcome {
  if (status === 409 && contentType.split(';')[0]?.trim() === SIZE_CONTENT_TYPE) {
    const size = body.endsWith('\n') ? fromDecimal(body.slice(0, -1)) : null;
    return size === null ? refused(odd(`It answered 409 with no size.`)) : { kind: 'conflict', size };
  }
  if (status !== 200) return refused(odd(`It answered ${status}: ${body.slice(0, 200).trim()}`));
  const lines = parseSignatures(body);
  if (lines.kind === 'refused') return lines;
  const opened = openNote(`${text}\n${body}`, witness);
  return opened.kind === 'refused' ? opened : { kind: 'cosigned', signatures: addedBy(opened.value) };
}

const addedBy = ({ verified, successions }: OpenedNote): NoteSignature[] =>
  [...verified, ...successions].map(({ name, keyId, signature }) => ({ name, keyId, signature }));

const odd = (detail: string): Finding => ({
  pointer: '',
  code: 'witness-refused',
  detail,
  hint: 'Ask the witness’s operator whether it knows this log’s origin and key; a 422 says that the log was rewritten.',
});
