export { fetchCopy, type FetchClaim } from './copy/fetch-copy.js';
export { type LogFiles, type RightBundle, rightBundle } from './copy/right-bundle.js';
export { writeWhole } from './copy/whole-file.js';
export { type CopyFiles, folderCopy } from './copy/copy-files.js';
export { type EntryBundle, entriesPath, formatEntries, splitEntries } from './copy/entry-bundle.js';
export { commitLeaf, commitLeafHash, commitLeafHashes, leafProblem, type LoggedCommit } from './history/commit-leaf.js';
export { type CopyClaim, type TreeHead, type VerifiedCopy, verifyCopy } from './copy/verify-copy.js';
export { type CheckedHistory, checkHistory, type HistoryFileClaim } from './history/check-history.js';
export { chainFindings } from './history/commit-chain.js';
export { commitInBody, historyLine, readHistory } from './history/history-lines.js';
export { parseCommitLeaf } from './history/parse-leaf.js';
export {
  type CommitProof,
  formatCommitProof,
  formatHistoryProof,
  HISTORY_PROOF_HEADER,
  type HistoryProof,
  parseHistoryProof,
  tlogProofOf,
} from './history/history-proof.js';
export { type CommitPlace, proveHistory } from './history/prove-history.js';
export { type HistoryClaim, type VerifiedHistory, verifyHistory } from './history/verify-history.js';
export * from './note/checkpoint.js';
export { logOrigin, witnessName } from './note/log-origin.js';
export {
  type NoteKeys,
  publicNoteKeys,
  readNoteKeys,
  toldKeys,
  type ToldKeys,
  upcomingNoteKey,
  withNextNoteKey,
  withoutRetiredNoteKeys,
} from './note/note-key-file.js';
export { noteCosigners, type NoteSigners, noteSigners } from './note/note-signers.js';
export {
  type Cosigner,
  cosigner,
  cosignatureTime,
  formatVerifierKey,
  type KeyOfName,
  keyIdOf,
  type NoteSignature,
  type NoteSigner,
  noteSigner,
  type NoteVerifier,
  parseVerifierKey,
  type SignatureType,
  verifierOf,
} from './note/note-keys.js';
export {
  formatNote,
  formatSignature,
  openNote,
  type OpenedNote,
  parseNote,
  type SignedNote,
} from './note/signed-note.js';
export type { Read, Refused } from './read.js';
export { folderTiles } from './tree/folder.tile-store.js';
export { memoryTiles } from './tree/memory.tile-store.js';
export { MerkleTree } from './tree/merkle-tree.js';
export { loadTile, type TileStore, TileUnreadable } from './tree/tile-store.port.js';
export { parseTilePath, partialTiles, type Tile, TILE_WIDTH, tileAt, tilePath } from './tree/tile.js';
export { EMPTY_ROOT, HASH_BYTES, leafHash, nodeHash, sameHash } from './tree/tree-hash.js';
export { KeptTiles, readTree, type TreeReader } from './tree/tree-reader.js';
export { type TrustedTiles, trustedTiles } from './tree/trusted-tiles.js';
export * from './tree/verify-proof.js';
export * from './witness/add-checkpoint.js';
export * from './witness/decide-checkpoint.js';
