/**
 * All environments of this host: a lane each. Woken by what DESIRED says, and by a timer.
 *
 * Owns the journal's heights: nothing with a lower generation or epoch than was seen reaches a lane. Without a journal
 * that can be trusted, nothing is done until all that is desired was read. On a crash: records and journal are on disk;
 * routes are there again before anybody is asked, and units that ran were never touched.
 */
import { log } from '@freehold/platform';
import type { DesiredState } from '@freehold/provisioning-contract';
import type { Journal } from '../journal/journal.js';
import { EnvironmentLane, type LaneOptions } from './environment-lane.js';
import type { EnvironmentRecord } from './environment-record.js';
import { routesOf } from './route-table.js';

export interface ReconcilerOptions extends LaneOptions {
  readonly journal: Journal;
  /** How often everything is looked at. */
  readonly lookMs: number;
}

export class Reconciler {
  readonly #lanes = new Map<string, EnvironmentLane>();
  readonly #waiting = new Map<string, DesiredState>();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: ReconcilerOptions) {}

  /** Routes of what ran come back from disk; then looks begin. */
  async start(): Promise<void> {
    const { hands, lookMs } = this.options;
    for (const record of await hands.records.all()) {
      this.#lanes.set(record.environment, new EnvironmentLane(record, this.options));
      hands.routes.publish(record.environment, routesOf(record));
    }
    this.#timer = setInterval(() => {
      for (const lane of this.#lanes.values()) lane.wake();
    }, lookMs).unref();
  }

  lane(environment: string): EnvironmentLane | undefined {
    return this.#lanes.get(environment);
  }

  get lanes(): readonly EnvironmentLane[] {
    return [...this.#lanes.values()];
  }

  /** Something is desired now; older than what was seen is passed over. */
  async desire(desired: DesiredState): Promise<void> {
    const { journal } = this.options;
    const { environment, generation, epoch } = desired;
    const raised = await journal.raise(environment, { generation, epoch });
    if (raised.status === 'refused') {
      log().warn(
        { environment, generation, epoch, seen: raised.seen, code: raised.code },
        'an outdated state is refused',
      );
      return;
    }
    if (journal.mustAsk === undefined) this.#hand(desired);
    else this.#waiting.set(environment, desired);
  }

  /** All that is desired of this host was handed over: the journal can be trusted from now on. */
  async confirmAsked(): Promise<void> {
    const { journal } = this.options;
    if (journal.mustAsk !== undefined) await journal.confirmAsked();
    for (const desired of this.#waiting.values()) this.#hand(desired);
    this.#waiting.clear();
  }

  /** Nothing is desired under this id any more. What is there stays; what is gone is forgotten. */
  async release(environment: string): Promise<void> {
    const lane = this.#lanes.get(environment);
    if (lane !== undefined && lane.desired?.want !== 'absent') {
      log().warn({ environment }, 'nobody asks for an environment of this host any more; it is left as it is');
      return;
    }
    // Not awaited: what is being done to it may take long.
    void (lane?.exclusively(() => this.#forget(environment)) ?? this.#forget(environment)).catch((error: unknown) =>
      log().warn({ err: error, environment }, 'an environment that is gone could not be forgotten'),
    );
  }

  /** @param leaveRunning false: units are stopped, and started again by the next agent. Answers how many were. */
  async close({ leaveRunning }: { leaveRunning: boolean }): Promise<number> {
    clearInterval(this.#timer);
    const lanes = this.lanes;
    await Promise.all(lanes.map((lane) => lane.close()));
    if (leaveRunning) return 0;
    const stopped = await Promise.all(lanes.map((lane) => lane.park()));
    return stopped.reduce((sum, count) => sum + count, 0);
  }

  async #forget(environment: string): Promise<void> {
    const lane = this.#lanes.get(environment);
    if (lane?.desired !== undefined && lane.record.reportedGeneration !== lane.desired.generation) return;
    this.#lanes.delete(environment);
    await this.options.hands.records.remove(environment);
    await this.options.journal.forget(environment);
  }

  #hand(desired: DesiredState): void {
    const { environment } = desired;
    const lane = this.#lanes.get(environment) ?? new EnvironmentLane(newRecord(desired), this.options);
    this.#lanes.set(environment, lane);
    lane.want(desired);
  }
}

const newRecord = ({ environment, operator, deployment }: DesiredState): EnvironmentRecord => ({
  version: 1,
  ...{ environment, operator, deployment },
  configured: null,
  reportedGeneration: 0,
  failedGeneration: 0,
  routed: false,
  served: false,
  forwarded: null,
  parked: false,
});
