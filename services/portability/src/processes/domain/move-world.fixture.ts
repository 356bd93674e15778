/**
 * Both sides of a move with everything between them: two processes, two deployments, two agents, two reconcilers, a courier,
 * and a network that delays, repeats and loses. Nothing happens by itself; `act` lets one thing happen, whatever it is.
 *
 *     source: departure ◄── depart ──► deployment ──► environment ◄─ agent, reconciler
 *                ▲ questions, answers (lost, late, twice)
 *     target: courier ◄── arrive ──► deployment ──► environment ◄─ agent        arrival
 */
import { ArrivalErrand } from '@freehold/portability-contract';
import type { ProcessTable } from '@freehold/process';
import type { WorldOutcome } from '@freehold/process/laws';
import { ask, id } from '../../departure/domain/departure.fixture.js';
import { arriveProcess } from './arrive.process.js';
import type { Cell } from './cell.fixture.js';
import { departProcess } from './depart.process.js';
import { Driver, type Sent } from './driver.fixture.js';
import { type Asked, type Errand, errandOf, type Said } from './errands.fixture.js';
import { finding } from './findings.fixture.js';
import { departInput, SourceCell } from './source-cell.fixture.js';
import { arriveInput, TargetCell } from './target-cell.fixture.js';

class JointTarget extends TargetCell {
  constructor(
    private readonly source: SourceCell,
    private readonly errand: (errand: ArrivalErrand) => void,
  ) {
    super();
  }

  protected canFetch(): boolean {
    const { status, seal } = this.source.standing();
    return status === 'bound' || seal !== null;
  }

  protected override job(body: object, commandId: string): WorldOutcome {
    const errand = ArrivalErrand.safeParse({ ...body, id: commandId });
    if (!errand.success) return super.job(body, commandId);
    this.errand(errand.data);
    return { kind: 'succeeded', reply: null };
  }
}

/** Something under way between two who know nothing of each other. `mustArrive`: a queue keeps it until it is done. */
interface Message {
  deliver: () => void;
  fail: () => void;
  mustArrive: boolean;
}
interface Running {
  task: ArrivalErrand['task'];
  errand: Errand;
  asked: Asked | undefined;
  /** Of the question under way; null: none. */
  question: number | null;
}

export class MoveWorld {
  readonly source = new SourceCell();
  readonly target: JointTarget;
  readonly depart: Driver;
  readonly arrive: Driver;
  flight: Message[] = [];
  /** What waits in the queue for the source's host, which is away; null: it is there. */
  #waiting: Message[] | null = null;
  readonly #errands = new Map<string, Running>();
  readonly #known = new Set<string>();
  #questions = 0;

  /** @param tables in place of the real ones: to see what the world finds when one of them is wrong */
  constructor(tables: { depart?: ProcessTable; arrive?: ProcessTable } = {}) {
    const { depart = departProcess, arrive = arriveProcess } = tables;
    this.target = new JointTarget(this.source, (errand) => this.#take(errand));
    this.depart = new Driver(depart, id(21), (sent) => this.#post(this.source, this.depart, sent), this.source.events);
    this.arrive = new Driver(arrive, id(22), (sent) => this.#post(this.target, this.arrive, sent), this.target.events);
    this.arrive.begin(arriveInput);
  }

  /** What anything of this has come to: unchanged means that nothing happened. */
  progress(): string {
    const { source, target, depart, arrive } = this;
    return [source.events.length, target.events.length, depart.version, arrive.version].join();
  }

  deliver(index: number, isRepeat = false): void {
    const message = this.flight[index];
    if (message === undefined) return;
    if (!isRepeat) this.flight.splice(index, 1);
    message.deliver();
  }

  /** What is under way now, which comes later, or never. */
  hold(): Message[] {
    return this.flight.splice(0);
  }

  silenceSourceHost(): void {
    this.#waiting ??= [];
  }

  letSourceHostSpeak(): void {
    this.flight.push(...(this.#waiting ?? []));
    this.#waiting = null;
  }

  lose(index: number): void {
    if (this.flight[index]?.mustArrive === false) this.flight.splice(index, 1);
  }

  /** Refused where it arrives, without having been looked at; a job is given up by its agent. */
  fail(index: number): void {
    const [message] = this.flight.splice(index, 1);
    message?.fail();
  }

  /** The reconciler of the source has looked; what it asks for is under way. */
  reconcile(cell: Cell): void {
    const desired = cell.desires();
    if (desired === null) return;
    const deliver = () => cell.desire(desired);
    this.flight.push({ deliver, fail: () => {}, mustArrive: false });
  }

  /** Each errand without a question under way asks its next. */
  ask(): void {
    for (const [job, running] of this.#errands) if (running.question === null) this.#question(job, running);
  }

  /** The courier gives its questions up and begins its errands again; what is under way may still arrive. */
  restartCourier(): void {
    for (const running of this.#errands.values()) this.#restart(running);
  }

  #post(cell: Cell, driver: Driver, { effect, commandId, direction }: Sent): void {
    const answer = (outcome: WorldOutcome) =>
      void this.flight.push({ deliver: () => driver.hear(commandId, outcome), fail: () => {}, mustArrive: false });
    const isForAgent = effect.kind === 'job' && effect.host !== 'courier';
    const isWaiting = isForAgent && cell === this.source && this.#waiting !== null;
    (isWaiting ? (this.#waiting ?? []) : this.flight).push({
      deliver: () => answer(cell.apply(effect, commandId)),
      fail: () => {
        if (isForAgent) cell.deployment.execute({ type: 'record-job', job: commandId, work: '', result: undefined });
        else if (effect.kind === 'command') answer({ kind: 'refused', findings: [finding(`injected-${direction}`)] });
        else this.#post(cell, driver, { effect, commandId, direction });
      },
      mustArrive: effect.kind === 'job',
    });
  }

  #take({ id: job, task }: ArrivalErrand): void {
    if (this.#known.has(job)) return;
    this.#known.add(job);
    const running: Running = { task, errand: this.#errandOf(task), asked: undefined, question: null };
    this.#errands.set(job, running);
    this.#restart(running);
  }

  #errandOf(task: ArrivalErrand['task']): Errand {
    return errandOf(task, (handover) => this.target.sign(handover));
  }

  #restart(running: Running): void {
    running.errand = this.#errandOf(running.task);
    const first = running.errand.next();
    running.asked = first.done === true ? undefined : first.value;
    running.question = null;
  }

  #question(job: string, running: Running): void {
    const { asked } = running;
    if (asked === undefined) return;
    this.#questions += 1;
    const question = this.#questions;
    running.question = question;
    const answer = (said: Said) => this.#hear(job, question, said);
    const deliver = () => {
      const said = this.#said(asked);
      this.flight.push({ deliver: () => answer(said), fail: () => {}, mustArrive: false });
    };
    this.flight.push({ deliver, fail: () => {}, mustArrive: false });
  }

  #hear(job: string, question: number, said: Said): void {
    const running = this.#errands.get(job);
    if (running === undefined || running.question !== question) return;
    const next = running.errand.next(said);
    running.question = null;
    running.asked = next.done === true ? undefined : next.value;
    if (next.done !== true) return;
    this.#errands.delete(job);
    this.target.hear(job, next.value);
  }

  /** What the source answers: the standing after what was asked, or a refusal. */
  #said(asked: Asked): Said {
    const findings = asked === null ? [] : this.source.departure.execute(asked);
    if (asked?.type === ask.askSeal.type && this.source.standing().status === 'sealing') this.depart.begin(departInput);
    return findings.length > 0 ? { kind: 'refused', findings } : { kind: 'standing', standing: this.source.standing() };
  }
}
