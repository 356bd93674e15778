import type { Commit, Position } from '@freehold/kernel';
import { createAppender, jetStreamLog, subjectOf } from '@freehold/log';
import type { NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { withVolumes } from '../cell/volumes-meanwhile.js';

export const COMMITS_PER_AGGREGATE = 10;
const IN_FLIGHT = 1_000;
const SAY_EVERY = 100_000;

export interface Filled {
  /** One of the operators. */
  readonly operator: string;
  readonly last: Position;
  readonly tookMs: number;
}

/**
 * Commits as the platform would have made them: subscriptions of so many operators, each agreed, then with a place reserved
 * and freed again. They are spread over the log: `IN_FLIGHT` aggregates grow side by side.
 */
export async function fillLog(
  connection: NatsConnection,
  commits: number,
  say: (line: string) => void,
): Promise<Filled> {
  const begun = performance.now();
  let left = Math.ceil(commits / COMMITS_PER_AGGREGATE);
  let operator = '';
  const next = (): string | null => {
    if (left === 0) return null;
    left -= 1;
    const done = commits - left * COMMITS_PER_AGGREGATE;
    if (done % SAY_EVERY === 0) say(`${done} commits appended`);
    return (operator = randomUUID());
  };
  await withVolumes(connection, () => grow(connection, next));
  return { operator, last: await jetStreamLog({ connection }).head(), tookMs: performance.now() - begun };
}

/** Does `work` in the middle of so many commits that come at once: no more are begun, those under way end when they can. */
export async function whileCommitsCome(
  connection: NatsConnection,
  commits: number,
  work: () => Promise<void>,
): Promise<void> {
  const enough = Promise.withResolvers<void>();
  let left = Math.ceil(commits / COMMITS_PER_AGGREGATE);
  const next = (): string | null => {
    left -= 1;
    if (left <= 0) enough.resolve();
    return left < 0 ? null : randomUUID();
  };
  await Promise.all([grow(connection, next), enough.promise.then(work)]);
}

/** Histories of the operators that `next` names, until it names none. */
async function grow(connection: NatsConnection, next: () => string | null): Promise<void> {
  const { append } = createAppender({ log: jetStreamLog({ connection }), deadlineMs: 120_000 });
  const write = async (): Promise<void> => {
    for (let operator = next(); operator !== null; operator = next()) {
      const subject = subjectOf({ context: 'accounts', operator, aggregate: 'subscription', id: operator });
      let previous: Position | null = null;
      for (let version = 1; version <= COMMITS_PER_AGGREGATE; version += 1) {
        const commit = commitOf(version, previous, operator);
        const outcome = await append({ subject, commit, expected: previous });
        if (outcome.kind !== 'stored') throw new Error(`another commit of ${subject} came first`);
        previous = outcome.stored.position;
      }
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, write));
}

function commitOf(version: number, previous: Position | null, deployment: string): Commit {
  return {
    version,
    previous,
    at: new Date().toISOString(),
    actor: { kind: 'system', id: 'bench' },
    command: { id: randomUUID(), name: 'accounts.reserve-place', digest: '9f86d081884c7d659a2feaa0c55ad015' },
    cause: null,
    correlation: randomUUID(),
    events: [eventOf(version, deployment)],
  };
}

function eventOf(version: number, deployment: string): Commit['events'][number] {
  if (version === 1) return { type: 'accounts.subscription-agreed.v1', data: { plan: 'small', places: 3 } };
  const type = version % 2 === 0 ? 'accounts.place-reserved.v1' : 'accounts.place-freed.v1';
  return { type, data: { deployment } };
}
