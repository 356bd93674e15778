import { comparePositions, type Position } from '@freehold/kernel';
import type { Log, RawCommit } from './log.port.js';
import { OnceRead } from './once-read.js';
import { sharedPasses } from './shared-passes.js';
import { subjectMatcher } from './subject-filter.js';
import { Tail } from './tail.js';

/**
 * Logs, of one cell, whose followers in this process read it together: one consumer at the server for all of them, and each
 * commit taken apart once, where a dozen followers had it a dozen times (docs/adr 0047).
 *
 * Whoever stands somewhere else than the tail reads alone, as without it, until it meets the tail: a new follower, one that
 * was slow, one that looks for little and was away for long. So none waits for another for more than a moment, and what a
 * follower gets is what it gets from `Log.follow`: everything after its bookmark, in order. Ranges that several begin to read at
 * the same place, as processes and reconcilers that resume do, are one pass (shared-passes.ts).
 */
export function followedTogether(): (log: Log) => Log {
  const tail = new Tail();
  const sharing = sharedPasses();
  return (log) => ({
    ...sharing(log),
    followRaw: (after, options) => together(tail, log, { after, ...options }),
    async *follow(after, options) {
      for await (const commit of together(tail, log, { after, ...options })) yield OnceRead.of(commit).stored();
    },
  });
}

interface Place {
  readonly after: Position;
  readonly signal: AbortSignal;
  readonly filter?: string | undefined;
}

/** A tail that is behind comes soon: reading what it reads in the meantime would hold it up. */
const PATIENCE_MS = 2_000;

async function* together(tail: Tail, log: Log, place: Place): AsyncGenerator<RawCommit, void, undefined> {
  const { signal, filter } = place;
  const isWanted = subjectMatcher(filter);
  let { after } = place;
  while (!signal.aborted) {
    // What a filter leaves out between its bookmark and the end is nobody's to read.
    if (filter === undefined) tail.begin(log, after);
    if (tail.isBehind(after)) await tail.reaches(after, AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]));
    const commits = tail.isNear(after)
      ? within(tail, log, { after, signal })
      : alone(tail, log, { after, signal, filter });
    for await (const commit of commits) {
      after = commit.position;
      if (isWanted(commit.subject)) yield commit;
    }
  }
}

/** Until it is out. */
async function* within(tail: Tail, log: Log, { after, signal }: Place): AsyncGenerator<RawCommit, void, undefined> {
  const { reader, from } = tail.join(log, after, signal);
  try {
    if (from !== after) yield* missed(log, { after, signal }, from);
    for (let commit = await tail.next(reader); commit !== null; commit = await tail.next(reader)) yield commit;
  } finally {
    tail.leave(reader);
  }
}

/** What is missing to the tail: followed, as that goes on after whatever happens to the connection. */
async function* missed(log: Log, { after, signal }: Place, to: Position): AsyncGenerator<RawCommit, void, undefined> {
  for await (const commit of log.followRaw(after, { signal })) {
    yield commit;
    if (comparePositions(commit.position, to) >= 0) return;
  }
}

/** Until it meets the tail. */
async function* alone(tail: Tail, log: Log, place: Place): AsyncGenerator<RawCommit, void, undefined> {
  const { after, signal, filter } = place;
  for await (const commit of log.followRaw(after, { signal, ...(filter === undefined ? {} : { filter }) })) {
    yield commit;
    if (tail.isNear(commit.position)) return;
  }
}
