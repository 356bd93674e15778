import type { Finding } from '@freehold/kernel';
import type { Checkpoint } from '../note/checkpoint.js';
import type { NoteSignature, NoteVerifier } from '../note/note-keys.js';
import { formatSignature, openNote } from '../note/signed-note.js';
import { EMPTY_ROOT, sameHash } from '../tree/tree-hash.js';
import { verifyConsistency } from '../tree/verify-proof.js';
import {
  parseAddCheckpoint,
  type ParsedAddCheckpoint,
  SIZE_CONTENT_TYPE,
  type WitnessAnswer,
} from './add-checkpoint.js';

/**
 * A witness: it remembers the newest checkpoint of each log, and cosigns only what continues it (c2sp.org/tlog-witness v1.0.0).
 *
 *     request, what is known of the log ──decideCheckpoint──► cosign: keep `state`, then `cosignedAnswer`
 *                                                         └─► refuse: `answer`, and nothing changes
 *
 * - Whoever runs it replaces the state by compare-and-set with the one that was decided on, durably, *before* answering: two
 *   requests at once must not roll it back. After a crash between the two the log asks again, with its old size, and is told
 *   409 with the size that is kept; it asks again from there and has the cosignature.
 * - Two checkpoints of one log that do not continue each other, both signed, are proof that it was rewritten: keep `evidence`.
 */
export interface WitnessedLog {
  /** The log's keys, by configuration. */
  verifiers: readonly NoteVerifier[];
  /** What was cosigned last; null before the first. */
  state: WitnessState | null;
}

export interface WitnessState {
  size: number;
  root: Uint8Array;
}

export type WitnessDecision =
  | { kind: 'cosign'; state: WitnessState; checkpoint: Checkpoint; text: string }
  | { kind: 'refuse'; answer: WitnessAnswer; finding: Finding; evidence: string | null };

/** `logOf` answers what is known of an origin; undefined for a log that this witness does not watch. */
export function decideCheckpoint(
  body: string | Uint8Array,
  logOf: (origin: string) => WitnessedLog | undefined,
): WitnessDecision {
  const parsed = parseAddCheckpoint(body);
  if (parsed.kind === 'refused') return refusal(400, parsed.findings[0]!);
  const request = parsed.value;
  const log = logOf(request.checkpoint.origin);
  if (log === undefined) return refusal(404, unknownOrigin(request.checkpoint.origin));
  const opened = openNote(request.note, log.verifiers);
  if (opened.kind === 'refused') return refusal(403, opened.findings[0]!);
  return decideContinuation(request, opened.value.text, log.state);
}

function decideContinuation(request: ParsedAddCheckpoint, text: string, known: WitnessState | null): WitnessDecision {
  const { oldSize, proof, note, checkpoint } = request;
  const { size, root } = checkpoint;
  if (oldSize > size)
    return refusal(400, finding('request-malformed', 'The old size is bigger than the checkpoint’s.'));
  const last = known ?? { size: 0, root: EMPTY_ROOT };
  if (oldSize !== last.size) return conflict(last.size);
  if (size === 0 && !sameHash(root, EMPTY_ROOT)) {
    return refusal(422, finding('checkpoint-inconsistent', 'The root is not that of an empty tree.'), note);
  }
  const claim = { first: last.size, firstRoot: last.root, second: size, secondRoot: root, proof };
  if (!verifyConsistency(claim)) return refusal(422, inconsistent(last.size, size), note);
  return { kind: 'cosign', state: { size, root }, checkpoint, text };
}

/** The answer to a checkpoint that was decided to be cosigned, once its state is kept. */
export function cosignedAnswer(signatures: readonly NoteSignature[]): WitnessAnswer {
  const body = signatures.map(formatSignature).join('');
  return { status: 200, contentType: 'text/plain; charset=utf-8', body };
}

function conflict(size: number): WitnessDecision {
  return {
    kind: 'refuse',
    answer: { status: 409, contentType: SIZE_CONTENT_TYPE, body: `${size}\n` },
    finding: finding('old-size-other', `The checkpoint cosigned last has ${size} leaves.`),
    evidence: null,
  };
}

function refusal(status: number, finding: Finding, evidence: string | null = null): WitnessDecision {
  const answer = { status, contentType: 'text/plain; charset=utf-8', body: `${finding.code}: ${finding.detail}\n` };
  return { kind: 'refuse', answer, finding, evidence };
}

const finding = (code: string, detail: string): Finding => ({
  pointer: '',
  code,
  detail,
  hint: 'Send the newest checkpoint with a proof from the size that the witness knows (c2sp.org/tlog-witness).',
});

const unknownOrigin = (origin: string): Finding => ({
  pointer: '/origin',
  code: 'origin-unknown',
  detail: `This witness does not watch the log ${origin}.`,
  hint: 'Ask its operator to add the log’s origin and verifier key.',
});

const inconsistent = (first: number, second: number): Finding =>
  first === second
    ? finding('checkpoint-inconsistent', `The log has shown another root for its first ${first} leaves.`)
    : finding('checkpoint-inconsistent', `The proof does not lead from the first ${first} leaves to these ${second}.`);
