import {
  type AddCheckpointOutcome,
  formatAddCheckpoint,
  formatNote,
  parseNote,
  readWitnessAnswer,
  type TreeReader,
  type WitnessAnswer,
} from '@freehold/evidence';
import type { KeptCheckpoint } from '../evidence/evidence-store.port.js';
import type { KnownWitness } from './witness-settings.js';

const TIMEOUT_MS = 10_000;
const ANSWER_BYTES = 65_536;

export type Post = (url: string, body: string) => Promise<WitnessAnswer>;

export interface Question {
  last: KeptCheckpoint;
  tree: TreeReader;
  /** Of the checkpoint that this witness cosigned last, as far as is known. */
  oldSize: number;
}

/** Asks for the cosignature of a checkpoint; a witness that knows another size is asked once more from there. */
export async function askWitness(witness: KnownWitness, question: Question, post: Post): Promise<AddCheckpointOutcome> {
  const first = await ask(witness, question, post);
  const known = first.kind === 'conflict' && first.size !== question.oldSize ? first.size : null;
  if (known === null || known > question.last.checkpoint.size) return first;
  return ask(witness, { ...question, oldSize: known }, post);
}

async function ask({ url, verifier }: KnownWitness, { last, tree, oldSize }: Question, post: Post) {
  const { checkpoint, note } = last;
  const proof = oldSize === 0 ? [] : await tree.consistencyProof(oldSize, checkpoint.size);
  const parsed = parseNote(note);
  if (parsed.kind === 'refused') return parsed;
  const { text, signatures } = parsed.value;
  // Those of the log: what other witnesses added is none of this one's, and it need not read more than 16 lines.
  const own = formatNote({ text, signatures: signatures.filter(({ name }) => name === checkpoint.origin) });
  const answer = await post(`${url}/add-checkpoint`, formatAddCheckpoint({ oldSize, proof, note: own }));
  return readWitnessAnswer(answer, { text, witness: [verifier] });
}

/** @throws when nothing comes in 10 s, or more than 64 KiB, or a redirect. */
export async function postText(url: string, body: string): Promise<WitnessAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    body,
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > ANSWER_BYTES) throw new Error(`${url} answers with more than ${ANSWER_BYTES} bytes`);
  }
  return { status: response.status, contentType: response.headers.get('content-type') ?? '', body: text };
}
