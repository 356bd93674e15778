/**
 * Keeps the bucket DESIRED equal to the log: one key for each environment that is not gone, at its newest generation.
 *
 *     log ─► environment changed ─► folded ─► desiredStateOf ─► differs? ─► load ─► compare-and-set
 *
 * Invariants: it has no input but the log, and the same is written however often it runs; an older generation never
 * replaces a newer one, because the entry's revision is read before the aggregate. On a crash the commits after the
 * bookmark are handled again; a bucket that was lost is filled again at the next start.
 */
import type { AggregateName, Position, StoredCommit } from '@freehold/kernel';
import { type AggregateStore, aggregateFilter, type Log, parseSubject } from '@freehold/log';
import { AGGREGATES, Follower, LOG } from '@freehold/platform';
import { Controller, Inject } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { environmentAggregate } from '../aggregates.js';
import { desiredStateOf } from '../environment/domain/desired-state.js';
import type { Environment } from '../environment/domain/environment.js';
import { DesiredStates } from './desired-states.js';

const ENVIRONMENTS = aggregateFilter('provisioning', 'environment');
const BEGINNING: Position = '1:0';

@Controller()
export class DesiredStateReconciler {
  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(LOG) private readonly log: Log,
    @Inject(DesiredStates) private readonly states: DesiredStates,
  ) {}

  @Follower<DesiredStateReconciler>({
    name: 'provisioning-desired',
    filter: ENVIRONMENTS,
    resume: (self, commits) => self.resume(commits),
  })
  async follow(stored: StoredCommit): Promise<void> {
    const { state } = await this.aggregates.loadIncluding(environmentAggregate, stored);
    await this.#reconcile(parseSubject(stored.subject), state);
  }

  /** At start: what changed meanwhile, or everything if the bucket is new. */
  async resume(commits: AsyncIterable<StoredCommit>): Promise<void> {
    const complete = await this.states.isComplete();
    /** In the order of their last commits, so that those that stand together are read together. */
    const subjects = new Set<string>();
    const missed = complete ? commits : this.log.range(BEGINNING, await this.log.head(), { filter: ENVIRONMENTS });
    for await (const { subject } of foldedAsTheyPass(missed, this.aggregates)) {
      subjects.delete(subject);
      subjects.add(subject);
    }
    for (const subject of subjects) {
      const name = parseSubject(subject);
      await this.#reconcile(name, (await this.aggregates.load(environmentAggregate, name)).state);
    }
    if (!complete) await this.states.markComplete();
  }

  /** Written is what the leader confirms after the entry was read, so that nothing goes back to what it was. */
  async #reconcile(name: AggregateName, known: Environment): Promise<void> {
    const supposed = desiredStateOf(known, name);
    if (supposed === null) return;
    const { key } = supposed;
    const { value, revision } = await this.states.read(key);
    if (isDeepStrictEqual(value, supposed.state)) return;
    const { state } = await this.aggregates.load(environmentAggregate, name, { confirmed: true });
    const wanted = desiredStateOf(state, name);
    if (wanted === null || isDeepStrictEqual(value, wanted.state)) return;
    await this.states.write(key, wanted.state, revision);
  }
}

/**
 * Folds them as they pass, so that their aggregates need not be walked afterwards: those of which nothing newer is known yet. The log
 * is not asked for any, as others wait for the same pass over it.
 */
async function* foldedAsTheyPass(commits: AsyncIterable<StoredCommit>, aggregates: AggregateStore) {
  const left = new Set<string>();
  for await (const stored of commits) {
    yield stored;
    if (left.has(stored.subject)) continue;
    const known = await aggregates.knownIncluding(environmentAggregate, stored);
    if (known === null || known.version > stored.commit.version) left.add(stored.subject);
  }
}
