import type { Position, RecordedEvent } from '@freehold/kernel';
import { eventsOf, parseSubject, subjectOf } from '@freehold/log';
import type { Await, Verdict } from '../effect.js';
import type { FollowedCommit, ProcessStore } from './process-ports.js';
import type { Tracked, Watch } from './tracked-process.js';

/** A verdict with the event that gave it. */
export interface Reaction {
  verdict: Verdict;
  position: Position;
  index: number;
}

const PAGE = 50;

/** Which process waits for which aggregate: an event may pass before, while or after we wait, and is met once. */
export class Watches {
  private readonly bySubject = new Map<string, Set<Tracked>>();

  /** From now on passing commits are kept for it; the history must be walked after this, not before. */
  open(tracked: Tracked, watch: Omit<Watch, 'subjects' | 'arrived'>): Watch {
    this.close(tracked);
    const opened = { ...watch, arrived: [], subjects: watch.awaited.interestedIn.map(subjectOf) };
    tracked.watch = opened;
    for (const subject of opened.subjects) {
      const waiting = this.bySubject.get(subject) ?? new Set();
      this.bySubject.set(subject, waiting.add(tracked));
    }
    return opened;
  }

  close(tracked: Tracked): void {
    for (const subject of tracked.watch?.subjects ?? []) {
      const waiting = this.bySubject.get(subject);
      waiting?.delete(tracked);
      if (waiting?.size === 0) this.bySubject.delete(subject);
    }
    tracked.watch = null;
  }

  /** The processes that should look at this commit. */
  offer(commit: FollowedCommit): Tracked[] {
    const waiting = [...(this.bySubject.get(commit.subject) ?? [])];
    for (const tracked of waiting) tracked.watch?.arrived.push(commit);
    return waiting;
  }
}

/** The first verdict among the commits that passed, oldest first. */
export const verdictOfArrived = (watch: Watch): Reaction | null =>
  firstReaction(watch.awaited, watch.arrived.splice(0));

/** The newest verdict in the histories of the awaited aggregates: what counts after a crash, or a missed event. */
export async function verdictOfHistory(store: ProcessStore, awaited: Await): Promise<Reaction | null> {
  for (const name of awaited.interestedIn) {
    let before: Position | undefined;
    do {
      const page = await store.history(name, { limit: PAGE, ...(before === undefined ? {} : { before }) });
      const reaction = firstReaction(awaited, page);
      if (reaction !== null) return reaction;
      before = page.length < PAGE ? undefined : page.at(-1)?.position;
    } while (before !== undefined);
  }
  return null;
}

function firstReaction(awaited: Await, commits: readonly FollowedCommit[]): Reaction | null {
  for (const commit of commits) {
    const reaction = reactionTo(awaited, commit);
    if (reaction !== null) return reaction;
  }
  return null;
}

/** @throws UnknownEvent, UnreadableCommit: what is awaited may stand in what cannot be read. */
function reactionTo(awaited: Await, stored: FollowedCommit): Reaction | null {
  const { position, subject } = stored;
  const name = parseSubject(subject);
  const of = awaited.interestedIn.find((each) => subjectOf(each) === subject);
  for (const [index, { type, data }] of (of === undefined ? [] : eventsOf(of.catalogue, stored)).entries()) {
    // It came out of a commit, which is JSON.
    const event = { type, data: data as RecordedEvent['data'] };
    const verdict = awaited.matches(event, { position, name });
    if (verdict !== undefined) return { verdict, position, index };
  }
  return null;
}
