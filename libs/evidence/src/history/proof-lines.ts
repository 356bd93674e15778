import { fromBase64, fromDecimal, toBase64 } from '../note/strict-text.js';
import { HASH_BYTES } from '../tree/tree-hash.js';

/** `index <n>` and the hashes of an inclusion proof, a line each: the middle of c2sp.org/tlog-proof. */
export interface IndexedProof {
  index: number;
  proof: readonly Uint8Array[];
}

/** RFC 9162 proofs in a tree of up to 2^63 leaves. */
const MAX_HASHES = 63;

export const formatProofLines = ({ index, proof }: IndexedProof): string =>
  `index ${index}\n${proof.map((hash) => `${toBase64(hash)}\n`).join('')}`;

/** Null when a line is not as it must be. */
export function parseProofLines([first = '', ...lines]: readonly string[]): IndexedProof | null {
  const index = first.startsWith('index ') ? fromDecimal(first.slice('index '.length)) : null;
  const proof = lines.map(fromBase64);
  const right = proof.every((hash) => hash?.byteLength === HASH_BYTES);
  return index === null || !right || proof.length > MAX_HASHES ? null : { index, proof: proof as Uint8Array[] };
}
