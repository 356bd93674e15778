/**
 * The lane of one environment: everything that is done to it, one thing after the other.
 *
 *     wake ──▶ look ──▶ plan ──▶ act ──▶ look … ──▶ holds, until woken by a change, a look, or after a failure
 *
 * A new generation interrupts waiting for the old one. A failure is tried again with growing pauses, for ever; a
 * generation that cannot become true is reported `failed` once.
 */
import type { DesiredState, UnitObservation } from '@freehold/provisioning-contract';
import { log } from '@freehold/platform';
import { plan, runningUnits, type Action } from './domain/plan.js';
import type { EnvironmentRecord } from './environment-record.js';
import { execute, type Hands } from './executor.js';
import { findingsOfFailure, Superseded } from './failures.js';
import { lookAt } from './look.js';
import { observationOf, type Usage, UsageMemo } from './observation.js';
import { Pauses } from './pauses.js';

const ROUNDS = 20;
/** What dies again and again is told so often, then only logged: the log of decisions is no place for it. */
const REPAIRS_TOLD = 5;

export interface LaneOptions {
  readonly hands: Hands;
  readonly observed: (environment: string, observation: UnitObservation) => void;
  /** First pause after a failure; doubled up to `longestPauseMs`. */
  readonly pauseMs: number;
  readonly longestPauseMs: number;
}

export class EnvironmentLane {
  #desired: DesiredState | undefined;
  #record: EnvironmentRecord;
  #turn: Promise<void> = Promise.resolve();
  #queued = false;
  #again: NodeJS.Timeout | undefined;
  #interrupt = new AbortController();
  #closed = false;
  #activity: string | null = null;
  #holds = false;
  #restartIsDue = false;
  readonly #usage = new UsageMemo();
  readonly #failures: Pauses;
  readonly #restarts: Pauses;

  constructor(
    record: EnvironmentRecord,
    private readonly options: LaneOptions,
  ) {
    this.#record = record;
    this.#failures = new Pauses(options.pauseMs, options.longestPauseMs);
    this.#restarts = new Pauses(options.pauseMs, options.longestPauseMs);
  }

  get record(): EnvironmentRecord {
    return this.#record;
  }

  get desired(): DesiredState | undefined {
    return this.#desired;
  }

  /** True: it was as desired when it was looked at last. */
  get holds(): boolean {
    return this.#holds;
  }

  want(desired: DesiredState): void {
    if (JSON.stringify(this.#desired) === JSON.stringify(desired)) return;
    this.#desired = desired;
    this.#holds = false;
    this.#failures.reset();
    this.#restarts.reset();
    this.#interrupt.abort();
    clearTimeout(this.#again);
    this.#again = undefined;
    this.wake();
  }

  /** Looks and acts soon; while it waits after a failure, when that pause is over. */
  wake(): void {
    if (this.#queued || this.#closed || this.#again !== undefined || this.#desired === undefined) return;
    this.#queued = true;
    void this.exclusively(async () => {
      this.#queued = false;
      await this.#reconcile();
    });
  }

  /** Runs when nothing else is done to the environment. */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work);
    this.#turn = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  /** Ends after what is being done now; the units are not touched. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#again);
    this.#interrupt.abort();
    await this.#turn;
  }

  /** Stops what runs without anybody wanting it so: the next agent starts it again. Only after close. */
  async park(): Promise<number> {
    const { backend } = this.options.hands;
    const running = runningUnits(await lookAt(backend, this.#record));
    if (running.length === 0) return 0;
    await this.#save({ parked: true });
    for (const unit of running) await backend.stop(this.#record.environment, unit);
    return running.length;
  }

  async #reconcile(): Promise<void> {
    if (this.#closed || this.#desired === undefined) return;
    const desired = this.#desired;
    this.#interrupt = new AbortController();
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        const actual = await lookAt(this.options.hands.backend, this.#record);
        const actions = plan(desired, actual);
        if (actions.length === 0) break;
        this.#holds = false;
        if (this.#waitsToRestart(actions)) return;
        if (await this.#act(desired, actions)) return;
      }
      this.#holds = true;
      this.#failures.reset();
      await this.#observe(desired);
    } catch (error) {
      if (!(error instanceof Superseded)) await this.#failed(desired, error);
    }
  }

  /** True when it was interrupted: the lane is woken again by whoever did that. */
  async #act(desired: DesiredState, actions: readonly Action[]): Promise<boolean> {
    for (const action of actions) {
      if (this.#desired !== desired || this.#closed) return true;
      if (action.do === 'report-repair' && this.#restarts.count > REPAIRS_TOLD) continue;
      log().debug({ environment: desired.environment, generation: desired.generation, action }, 'acts');
      await execute(action, this.options.hands, {
        desired,
        record: this.#record,
        save: (changes) => this.#save(changes),
        activity: (text) => this.#tell(desired, text),
        signal: this.#interrupt.signal,
      });
    }
    return false;
  }

  /** A unit that dies again and again is started again at growing intervals; the first time at once. */
  #waitsToRestart(actions: readonly Action[]): boolean {
    const isRepair = actions.some((action) => action.do === 'report-repair' && action.what === 'started-again');
    if (!isRepair) return false;
    if (this.#restartIsDue) return (this.#restartIsDue = false);
    const waitMs = this.#restarts.next();
    if (waitMs === 0) return false;
    this.#restartIsDue = true;
    this.#later(waitMs);
    return true;
  }

  async #failed(desired: DesiredState, error: unknown): Promise<void> {
    const { environment, generation, operator, want } = desired;
    this.#holds = false;
    const waitMs = this.#failures.next() || this.options.pauseMs;
    log().warn({ err: error, environment, generation, waitMs }, 'the desired state does not hold yet');
    if (this.#desired !== desired) return;
    this.#later(waitMs);
    const isToBeUp = want === 'running' || want === 'closed';
    const findings = isToBeUp ? findingsOfFailure(error, this.#failures.count) : null;
    const { failedGeneration, reportedGeneration } = this.#record;
    if (findings === null || failedGeneration === generation || reportedGeneration === generation) return;
    try {
      const report = { kind: 'failed', operator, environment, generation, findings: findings.slice(0, 50) } as const;
      await this.options.hands.provisioning.report(report);
      await this.#save({ failedGeneration: generation });
    } catch (unanswered) {
      log().warn({ err: unanswered, environment }, 'a failure could not be reported; it is tried again');
    }
  }

  #later(waitMs: number): void {
    if (this.#closed) return;
    clearTimeout(this.#again);
    this.#again = setTimeout(() => {
      this.#again = undefined;
      this.wake();
    }, waitMs);
  }

  /** Says what is there; nothing of it is kept if the bucket cannot be written. */
  async #observe(desired: DesiredState): Promise<void> {
    const { environment, generation } = desired;
    const { backend } = this.options.hands;
    const seen = await observationOf(backend, this.#record, () => this.#usageOf(desired));
    this.options.observed(environment, { ...seen, generation, activity: this.#activity });
  }

  /** Not while it is closed, which is for seconds in which somebody waits. */
  #usageOf(desired: DesiredState): Usage {
    if (desired.want === 'closed') return null;
    return this.#usage.of(this.options.hands.backend, desired.environment, () => this.#tellAgain(desired));
  }

  #tellAgain(desired: DesiredState): void {
    if (this.#desired !== desired || this.#closed) return;
    this.#observe(desired).catch((error: unknown) => log().warn({ err: error }, 'what goes on could not be told'));
  }

  #tell(desired: DesiredState, activity: string | null): void {
    if (activity === this.#activity) return;
    this.#activity = activity;
    this.#tellAgain(desired);
  }

  async #save(changes: Partial<EnvironmentRecord>): Promise<void> {
    this.#record = { ...this.#record, ...changes };
    await this.options.hands.records.write(this.#record);
  }
}
