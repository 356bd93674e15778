import { grantMove, takeMove } from '@freehold/portability-contract';
import { eventually } from '@freehold/supervisor/testing';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { disturb, type UnderWay } from './disturb.js';
import type { Signal } from './moments.js';
import { type BothSignals, isMoment, type MoveFault, moveFaultId, type Side, SIDES } from './move-fault.js';
import { isSettled, isStuck, moveLedgerOf } from './move-ledger.js';
import { answered } from './patient-client.js';
import type { TwoInstallations } from './two-installations.js';

/** Until both sides have nothing more to do: longer than any pause of theirs, shorter than a seal's deadline. */
const SETTLE_MS = 240_000;

/** So long is nothing heard where one side is stuck and the other waits for it. */
const STILL_MS = 20_000;

export interface Struck {
  /** `none`: undisturbed. */
  readonly fault: string;
  /** What the moment was; null: it did not come, nothing was disturbed. */
  readonly moment: string | null;
  readonly signals: BothSignals;
}

/** Grant and take; the fault at its moment; until both have settled. */
export class DisturbedMove {
  readonly #signals: Record<Side, Signal[]> = { a: [], b: [] };
  readonly #granted = Promise.withResolvers<{ departure: string; grant: string }>();
  readonly #taken = Promise.withResolvers<{ process: string }>();
  readonly #ending = new AbortController();
  #moment: string | null = null;
  #disturbance: Promise<void> = Promise.resolve();
  #over = false;
  #heardAt = performance.now();

  constructor(
    private readonly pair: TwoInstallations,
    private readonly deployment: string,
    private readonly fault: MoveFault | null,
  ) {
    for (const { promise } of [this.#granted, this.#taken]) promise.catch(() => undefined);
  }

  get told(): Struck {
    const { fault } = this;
    return { fault: fault === null ? 'none' : moveFaultId(fault), moment: this.#moment, signals: this.#signals };
  }

  /** How long it took. @throws when nobody settles, or what was killed cannot be started again */
  async run(): Promise<number> {
    const startedAt = performance.now();
    for (const side of SIDES) await this.pair[side].moments.watch((signal) => this.#heard(side, signal));
    this.#arm();
    await this.#grantAndTake().catch((error: unknown) => {
      // Refused: nothing was begun. Whether that leaves everything as it was is judged.
      for (const each of [this.#granted, this.#taken]) each.reject(error);
    });
    await eventually(() => this.#settled(), { timeoutMs: SETTLE_MS, intervalMs: 100 });
    await this.#disturbance;
    if (!(await eventually(() => this.#settled(), { timeoutMs: SETTLE_MS, intervalMs: 100 })))
      throw new Error(`not settled after ${SETTLE_MS / 1000} s: ${JSON.stringify(this.#processes())}`);
    this.#over = true;
    return performance.now() - startedAt;
  }

  end(): void {
    this.#over = true;
    this.#ending.abort();
  }

  async #grantAndTake(): Promise<void> {
    const { a, b } = this.pair;
    const hours = this.fault?.what === 'grant-late' ? { hours: 1 } : {};
    const body = { deployment: this.deployment, to: b.installation.address, ...hours };
    const call = { params: { operator: a.by.operator }, body, idempotencyKey: randomUUID() };
    const { id: departure, grant } = await answered(a.by, grantMove, call);
    this.#granted.resolve({ departure, grant });
    const take = { params: { operator: b.by.operator }, body: { grant }, idempotencyKey: randomUUID() };
    this.#taken.resolve(await answered(b.by, takeMove, take));
  }

  #heard(side: Side, signal: Signal): void {
    if (this.#over) return;
    this.#heardAt = performance.now();
    this.#signals[side].push(signal);
    if (this.fault !== null && isMoment(this.fault.moment, side, signal))
      this.#strike(`${side} ${signal.name} ${signal.nth}: ${signal.about}`);
  }

  #arm(): void {
    const moment = this.fault?.moment;
    if (moment?.kind !== 'time') return;
    void pause(moment.afterMs, undefined, { signal: this.#ending.signal }).then(
      () => this.#strike(`after ${moment.afterMs} ms`),
      () => undefined,
    );
  }

  #strike(moment: string): void {
    if (this.#moment !== null || this.fault === null) return;
    this.#moment = moment;
    const move: UnderWay = { granted: this.#granted.promise, taken: this.#taken.promise };
    this.#disturbance = disturb(this.fault.what, this.pair, move);
    this.#disturbance.catch(() => undefined); // told to whoever waits for it
  }

  #processes() {
    return SIDES.map((side) => [...moveLedgerOf(this.pair[side].moments.since).processes.values()]);
  }

  async #settled(): Promise<boolean> {
    const { a, b } = this.pair;
    const caughtUp = await Promise.all([a, b].map(({ moments }) => moments.caughtUp().then(() => true)));
    if (!caughtUp.every(Boolean)) return false;
    const ledgers = { a: moveLedgerOf(a.moments.since), b: moveLedgerOf(b.moments.since) };
    const waitsForStuck = isStuck(ledgers) && performance.now() - this.#heardAt > STILL_MS;
    return waitsForStuck || isSettled(ledgers);
  }
}
