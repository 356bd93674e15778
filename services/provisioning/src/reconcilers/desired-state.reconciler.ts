/**
 * Keeps the bucket DESIRED equal to the log: one key for each environment that is not gone, at its newest generation.
 *
 *     log ─► environment changed ─► load ─► desiredStateOf ─► compare-and-set
 *
 * Invariants: it has no input but the log, and the same is written however often it runs; an older generation never
 * replaces a newer one, because the entry's revision is read before the aggregate. On a crash the commits after the
 * bookmark are handled again; a bucket that was lost is filled again at the next start.
 */
import type { Position, StoredCommit } from '@freehold/kernel';
import { type AggregateStore, aggregateFilter, type Log, parseSubject } from '@freehold/log';
import { AGGREGATES, Follower, LOG } from '@freehold/platform';
import { Controller, Inject } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { environmentAggregate } from '../aggregates.js';
import { desiredStateOf } from '../environment/domain/desired-state.js';
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
  async follow({ subject }: StoredCommit): Promise<void> {
    await this.reconcile(subject);
  }

  /** At start: what changed meanwhile, or everything if the bucket is new. */
  async resume(commits: AsyncIterable<StoredCommit>): Promise<void> {
    const complete = await this.states.isComplete();
    const subjects = new Set<string>();
    const missed = complete ? commits : this.log.range(BEGINNING, await this.log.head(), { filter: ENVIRONMENTS });
    for await (const { subject } of missed) subjects.add(subject);
    for (const subject of subjects) await this.reconcile(subject);
    if (!complete) await this.states.markComplete();
  }

  /** Confirmed, so that the commit that woke us is in it. */
  private async reconcile(subject: string): Promise<void> {
    const name = parseSubject(subject);
    const key = desiredStateOf(
      (await this.aggregates.load(environmentAggregate, name, { confirmed: true })).state,
      name,
    )?.key;
    if (key === undefined) return;
    const { value, revision } = await this.states.read(key);
    const { state } = await this.aggregates.load(environmentAggregate, name, { confirmed: true });
    const wanted = desiredStateOf(state, name);
    if (wanted === null || isDeepStrictEqual(value, wanted.state)) return;
    await this.states.write(key, wanted.state, revision);
  }
}
