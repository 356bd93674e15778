import { Commit, type Position } from '@freehold/kernel';
import { CommitInvalid, CommitTooLarge, UnreadableCommit } from './log.errors.js';

/** A commit's body stays under this; the stream takes 64 KiB with headers. */
export const COMMIT_LIMIT_BYTES = 60 * 1024;

/**
 * The bytes of a commit: JSON, UTF-8, fields in the order of the design, those that are undefined left out.
 *
 * @throws CommitInvalid, CommitTooLarge.
 */
export function encodeCommit(commit: Commit): Uint8Array {
  const { version, previous, at, actor, command, cause, correlation, events } = commit;
  const text = JSON.stringify({ version, previous, at, actor, command, cause, correlation, events });
  const checked = Commit.safeParse(JSON.parse(text));
  if (!checked.success) {
    throw new CommitInvalid({ cause: checked.error });
  }
  const bytes = new TextEncoder().encode(text);
  if (bytes.byteLength > COMMIT_LIMIT_BYTES) {
    throw new CommitTooLarge(bytes.byteLength, COMMIT_LIMIT_BYTES);
  }
  return bytes;
}

/**
 * The commit in these bytes, checked; fields that this program does not know are kept.
 *
 * @throws UnreadableCommit naming the place.
 */
export function decodeCommit(bytes: Uint8Array, position: Position, subject: string): Commit {
  try {
    const found: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    const commit = Commit.parse(found);
    keepUnknown(found, commit);
    return commit;
  } catch (cause) {
    throw new UnreadableCommit(position, subject, { cause });
  }
}

/** Adds to `checked`, what a schema made of a value, the fields that the schema does not know, at any depth. */
export function keepUnknown(original: unknown, checked: unknown): void {
  if (Array.isArray(original) && Array.isArray(checked) && original.length === checked.length) {
    for (const [index, item] of original.entries()) keepUnknown(item, checked[index]);
    return;
  }
  if (!isRecord(original) || !isRecord(checked)) return;
  for (const [key, value] of Object.entries(original)) {
    if (Object.hasOwn(checked, key)) keepUnknown(value, checked[key]);
    else if (key !== '__proto__') checked[key] = value;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
