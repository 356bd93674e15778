import { type Finding, parsePosition, Position } from '@freehold/kernel';
import { fromUtf8 } from '../note/strict-text.js';
import { parseNote } from '../note/signed-note.js';
import { type Read, read, refused } from '../read.js';
import { formatProofLines, type IndexedProof, parseProofLines } from './proof-lines.js';

/**
 * `history.proof` of a bag: that chosen commits stand in a provider's log, to be checked without asking it.
 *
 *     freehold-history-proof/v1
 *     commit <volume>:<sequence>
 *     index <n>                       as in c2sp.org/tlog-proof
 *     <hash in base64>                RFC 9162 inclusion proof, the leaf's sibling first
 *     …
 *     <empty line>                    one block a commit, in the order of positions
 *     <checkpoint>                    signed note, with the cosignatures that the log has collected
 *
 * Every block with the checkpoint is a `tlog-proof` of its own for other tools: {@link tlogProofOf}.
 */
export interface HistoryProof {
  commits: readonly CommitProof[];
  /** The signed checkpoint, as published. */
  checkpoint: string;
}

export interface CommitProof extends IndexedProof {
  position: Position;
}

/** The first line, without its end. */
export const HISTORY_PROOF_HEADER = 'freehold-history-proof/v1';
const TLOG_HEADER = 'c2sp.org/tlog-proof@v1';

export function formatHistoryProof({ commits, checkpoint }: HistoryProof): string {
  return `${HISTORY_PROOF_HEADER}\n${commits.map(formatCommitProof).join('')}${checkpoint}`;
}

/** A block of it, the empty line included. */
export const formatCommitProof = (commit: CommitProof): string =>
  `commit ${commit.position}\n${formatProofLines(commit)}\n`;

/** The form only: what it proves, `verifyHistory` says. */
export function parseHistoryProof(bytes: string | Uint8Array): Read<HistoryProof> {
  const text = typeof bytes === 'string' ? bytes : fromUtf8(bytes);
  if (text?.startsWith(`${HISTORY_PROOF_HEADER}\n`) !== true) {
    return refused(malformed('', `The first line is not ${HISTORY_PROOF_HEADER}, or the text is not UTF-8.`));
  }
  const commits: CommitProof[] = [];
  let at = HISTORY_PROOF_HEADER.length + 1;
  while (text.startsWith('commit ', at)) {
    const end = text.indexOf('\n\n', at);
    const block = parseBlock(text.slice(at, end === -1 ? text.length : end));
    if (block === null || end === -1) {
      return refused(malformed(`/commits/${commits.length}`, `Commit number ${commits.length + 1} is not readable.`));
    }
    commits.push(block);
    at = end + 2;
  }
  const checkpoint = text.slice(at);
  const note = parseNote(checkpoint);
  return note.kind === 'refused' ? note : read({ commits, checkpoint });
}

/** One commit's proof in the form of c2sp.org/tlog-proof, for tools that know no Freehold. */
export const tlogProofOf = (commit: IndexedProof, checkpoint: string): string =>
  `${TLOG_HEADER}\n${formatProofLines(commit)}\n${checkpoint}`;

function parseBlock(block: string): CommitProof | null {
  const [first = '', ...lines] = block.split('\n');
  const position = Position.safeParse(first.slice('commit '.length));
  const indexed = parseProofLines(lines);
  if (!position.success || indexed === null) return null;
  const { volume, sequence } = parsePosition(position.data);
  const spelling: Position = `${volume}:${sequence}`;
  return first === `commit ${spelling}` ? { position: spelling, ...indexed } : null;
}

const malformed = (pointer: string, detail: string): Finding => ({
  pointer,
  code: 'history-proof-malformed',
  detail,
  hint: 'Take history.proof again from its bag; docs/protocol/evidence-v1.md describes its form.',
});
