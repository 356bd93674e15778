import { type AggregateName, comparePositions, type Position, type StoredCommit } from '@freehold/kernel';
import { BrokenChain } from './log.errors.js';
import { decodeCommit } from './commit-encoding.js';
import type { Log, RawCommit } from './log.port.js';
import { subjectOf } from './subject.js';

/**
 * The commits from `last` back to the one after `known`, oldest first: by `previous`, never by a subject filter, which
 * would stop all writers of a big log.
 *
 * @throws BrokenChain when the walk does not arrive at `known`.
 */
export async function commitsSince(log: Log, last: StoredCommit, known: Position | null): Promise<StoredCommit[]> {
  const walked: StoredCommit[] = [];
  let stored: StoredCommit | null = last;
  while (stored !== null && stored.position !== known) {
    if (known !== null && comparePositions(stored.position, known) < 0) {
      throw new BrokenChain(stored.subject, stored.position, `the walk back passed ${known}`);
    }
    walked.push(stored);
    if (known !== null && stored.commit.previous === known) return walked.toReversed();
    stored = await previousOf(log, stored);
  }
  if (stored === null && known !== null) {
    throw new BrokenChain(last.subject, last.position, `the walk back did not meet ${known}`);
  }
  return walked.toReversed();
}

/** The last commit of an aggregate at or before a position, or null. */
export async function lastAt(log: Log, name: AggregateName, position: Position): Promise<StoredCommit | null> {
  let stored = await log.last(subjectOf(name), { confirmed: true });
  while (stored !== null && comparePositions(stored.position, position) > 0) {
    stored = await previousOf(log, stored);
  }
  return stored;
}

/** Newest first, at most `limit`, only those before `before` if it is given. */
export async function historyOf(
  log: Log,
  name: AggregateName,
  { before, limit }: { before?: Position; limit: number },
): Promise<StoredCommit[]> {
  const subject = subjectOf(name);
  const cursor = before === undefined ? null : await log.read(before);
  let stored =
    cursor?.subject === subject ? await previousOf(log, cursor) : await log.last(subject, { confirmed: true });
  const page: StoredCommit[] = [];
  while (stored !== null && page.length < limit) {
    if (before === undefined || comparePositions(stored.position, before) < 0) page.push(stored);
    if (page.length < limit) stored = await previousOf(log, stored);
  }
  return page;
}

/**
 * What the stream holds of an aggregate, newest first, a commit at a time: from the one at `from` on, by default the last one.
 *
 * @throws BrokenChain
 */
export async function* rawHistoryOf(
  log: Log,
  name: AggregateName,
  from: Position | null,
): AsyncGenerator<RawCommit, void, undefined> {
  const subject = subjectOf(name);
  let position = from ?? (await log.last(subject, { confirmed: true }))?.position ?? null;
  while (position !== null) {
    const raw = await log.readRaw(position);
    if (raw?.subject !== subject) throw new BrokenChain(subject, position, 'it is not there');
    yield raw;
    const { previous } = decodeCommit(raw.body, position, subject);
    if (previous !== null && comparePositions(previous, position) >= 0) {
      throw new BrokenChain(subject, position, `it names ${previous} as the one before`);
    }
    position = previous;
  }
}

/**
 * The commit before this one in its aggregate, or null for the first.
 *
 * @throws BrokenChain when it is missing or does not join.
 */
export async function previousOf(log: Log, stored: StoredCommit): Promise<StoredCommit | null> {
  const { previous, version } = stored.commit;
  if (previous === null) {
    if (version !== 1) throw new BrokenChain(stored.subject, stored.position, `version ${version} names no previous`);
    return null;
  }
  const found = comparePositions(previous, stored.position) < 0 ? await log.read(previous) : null;
  if (found === null || found.subject !== stored.subject) {
    throw new BrokenChain(stored.subject, stored.position, `its previous, ${previous}, is not there`);
  }
  if (found.commit.version !== version - 1) {
    throw new BrokenChain(stored.subject, stored.position, `version ${version} follows ${found.commit.version}`);
  }
  return found;
}
