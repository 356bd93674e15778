import { Commit, type Position, RecordedEvent, type StoredCommit } from '@freehold/kernel';
import { z } from 'zod';
import { CommitInvalid, CommitTooLarge, UnreadableCommit } from './log.errors.js';
import type { RawCommit } from './log.port.js';

/** A commit's body stays under this; the stream takes 64 KiB with headers. */
export const COMMIT_LIMIT_BYTES = 60 * 1024;

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** A commit that comes out of JSON.parse: what its events carry is JSON already, and is not walked through again. */
const ParsedCommit = Commit.extend({
  events: z.array(RecordedEvent.extend({ data: z.custom<RecordedEvent['data']>((data) => isRecord(data)) })).min(1),
});

/** A commit's bytes, and the commit that whoever reads them finds. */
export interface EncodedCommit {
  bytes: Uint8Array;
  commit: Commit;
}

/**
 * JSON, UTF-8, fields in the order of the design, those that are undefined left out.
 *
 * @throws CommitInvalid, CommitTooLarge.
 */
export function encode(given: Commit): EncodedCommit {
  const { version, previous, at, actor, command, cause, correlation, events } = given;
  const text = JSON.stringify({ version, previous, at, actor, command, cause, correlation, events });
  const found: unknown = JSON.parse(text);
  try {
    assertCommit(found);
  } catch (cause) {
    throw new CommitInvalid({ cause });
  }
  const bytes = new TextEncoder().encode(text);
  if (bytes.byteLength > COMMIT_LIMIT_BYTES) throw new CommitTooLarge(bytes.byteLength, COMMIT_LIMIT_BYTES);
  return { bytes, commit: found };
}

/** The bytes of a commit. @throws CommitInvalid, CommitTooLarge. */
export const encodeCommit = (commit: Commit): Uint8Array => encode(commit).bytes;

/**
 * The commit in these bytes, checked; fields that this program does not know are kept.
 *
 * @throws UnreadableCommit naming the place.
 */
export function decodeCommit(bytes: Uint8Array, position: Position, subject: string): Commit {
  try {
    const found: unknown = JSON.parse(UTF8.decode(bytes));
    assertCommit(found);
    return found;
  } catch (cause) {
    throw new UnreadableCommit(position, subject, { cause });
  }
}

/** What the stream holds, read. @throws UnreadableCommit. */
export const readCommit = ({ position, time, subject, body }: RawCommit): StoredCommit => ({
  ...{ position, time, subject },
  commit: decodeCommit(body, position, subject),
});

/** What was parsed is itself the commit, with the fields that this program does not know: the schema changes nothing. */
function assertCommit(found: unknown): asserts found is Commit {
  ParsedCommit.parse(found);
}

/** Adds to `checked`, what a schema made of a value, the fields that the schema does not know, at any depth. */
export function keepUnknown(original: unknown, checked: unknown): void {
  if (original === checked) return;
  if (Array.isArray(original) && Array.isArray(checked) && original.length === checked.length) {
    for (const [index, item] of original.entries()) keepUnknown(item, checked[index]);
    return;
  }
  if (!isRecord(original) || !isRecord(checked)) return;
  for (const key of Object.keys(original)) {
    const value = original[key];
    if (!Object.hasOwn(checked, key)) {
      if (key !== '__proto__') checked[key] = value;
    } else if (typeof value === 'object') keepUnknown(value, checked[key]);
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
