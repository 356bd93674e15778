import { positionOf } from '@freehold/kernel';
import { fromUtf8 } from '../note/strict-text.js';
import type { LoggedCommit } from './commit-leaf.js';

const NAME = Buffer.from('freehold-commit/v1');
const VOLUME = NAME.byteLength;
const SEQUENCE = VOLUME + 8;
const TIME = SEQUENCE + 8;
const SUBJECT_LENGTH = TIME + 8;
const SUBJECT = SUBJECT_LENGTH + 4;

/** The commit of which `commitLeaf` made these bytes; null: of none. Its body is a view of them. */
export function parseCommitLeaf(leaf: Uint8Array): LoggedCommit | null {
  const bytes = Buffer.from(leaf.buffer, leaf.byteOffset, leaf.byteLength);
  if (bytes.byteLength < SUBJECT + 4 || !bytes.subarray(0, VOLUME).equals(NAME)) return null;
  const volume = countAt(bytes, VOLUME);
  const sequence = countAt(bytes, SEQUENCE);
  const bodyLength = SUBJECT + bytes.readUInt32BE(SUBJECT_LENGTH);
  const body = bodyLength + 4;
  if (volume === null || sequence === null || body > bytes.byteLength) return null;
  if (body + bytes.readUInt32BE(bodyLength) !== bytes.byteLength) return null;
  const subject = fromUtf8(bytes.subarray(SUBJECT, bodyLength));
  if (subject === null) return null;
  const time = String(bytes.readBigInt64BE(TIME));
  return { position: positionOf({ volume, sequence }), time, subject, body: bytes.subarray(body) };
}

function countAt(bytes: Buffer, at: number): number | null {
  const count = bytes.readBigUInt64BE(at);
  return count === 0n || count > Number.MAX_SAFE_INTEGER ? null : Number(count);
}
