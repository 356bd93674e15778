/**
 * A process without a reactor: its real table, its real decisions, and nothing that happens by itself. Whoever holds it says
 * when it goes on, what reaches it and what it gives up; everything else is a function of what it has recorded.
 */
import { fold } from '@freehold/decider';
import type { AggregateName, Finding, ProcessAction, ProcessEvent } from '@freehold/kernel';
import {
  type Effect,
  type Json,
  type NextAction,
  nextAction,
  type ProcessCommand,
  processDefinition,
  type ProcessState,
  type ProcessTable,
  type SendOutcome,
} from '@freehold/process';
import type { WorldEvent } from '@freehold/process/laws';
import { LATE } from '../../departure/domain/departure.fixture.js';
import { OPERATOR } from './cell.fixture.js';
import { finding } from './findings.fixture.js';

export interface Sent {
  effect: Effect;
  commandId: string;
  direction: 'do' | 'undo';
}
type WithoutAt<Command> = Command extends ProcessCommand ? Omit<Command, 'at'> : never;
type Failure = { reason: 'refused' | 'failed' | 'timed-out'; findings: readonly Finding[] };

export class Driver {
  state: ProcessState = { status: 'not-begun' };
  version = 0;
  readonly #name: AggregateName;
  /** What was sent in this life; a crash forgets it, and it is sent again. */
  #sent = new Set<string>();

  constructor(
    private readonly table: ProcessTable,
    id: string,
    private readonly send: (sent: Sent) => void,
    private readonly happened: readonly WorldEvent[],
  ) {
    this.#name = { context: table.context, operator: OPERATOR, aggregate: table.kind, id };
  }

  get isMoving(): boolean {
    return this.state.status === 'running' || this.state.status === 'undoing';
  }

  /** The one under way. */
  get step(): string | null {
    const action = nextAction(this.table, this.state, this.#name);
    return 'step' in action ? action.step : null;
  }

  begin(input: unknown): void {
    this.#record({ type: 'begin', input });
  }

  /** Staff ask for it: refused where it makes no sense. */
  resume(action: ProcessAction): void {
    this.#record({ type: 'resume', action });
  }

  crash(): void {
    this.#sent = new Set();
  }

  /** One thing, if there is one to do now. */
  proceed(): void {
    const action = nextAction(this.table, this.state, this.#name);
    if (action.kind === 'start') this.#record({ type: 'start-step', ...attemptOf(action) });
    if (action.kind === 'skip') {
      this.#record({ type: 'succeed', output: { skipped: action.why }, reactedTo: null, ...attemptOf(action) });
    }
    if (action.kind === 'wait') this.#look(action);
    if (action.kind !== 'send' || this.#sent.has(action.commandId)) return;
    this.#sent.add(action.commandId);
    this.send({ effect: action.effect, commandId: action.commandId, direction: action.direction });
    if (action.effect.kind === 'job') this.hear(action.commandId, { kind: 'succeeded', reply: null });
  }

  /** An answer; to anything but the attempt under way it is too late. */
  hear(commandId: string, outcome: SendOutcome): void {
    const action = nextAction(this.table, this.state, this.#name);
    if (action.kind !== 'send' || action.commandId !== commandId || outcome.kind === 'unavailable') return;
    if (outcome.kind === 'refused') return this.#fail(action, { reason: 'refused', findings: outcome.findings });
    const { reply } = outcome;
    if (action.effect.until !== null) return this.#record({ type: 'await', reply, until: LATE, ...attemptOf(action) });
    this.#record({ type: 'succeed', output: reply, reactedTo: null, ...attemptOf(action) });
  }

  /** Patience is over: nobody knows what became of the attempt. */
  giveUp(): void {
    const action = nextAction(this.table, this.state, this.#name);
    if (action.kind !== 'send' && action.kind !== 'wait') return;
    this.#fail(action, { reason: 'timed-out', findings: [finding('timed-out')] });
  }

  #look(action: Extract<NextAction, { kind: 'wait' }>): void {
    for (const { name, event } of this.happened.toReversed()) {
      const isAwaited = action.awaited.interestedIn.some(
        ({ id, aggregate }) => id === name.id && aggregate === name.aggregate,
      );
      const verdict = isAwaited ? action.awaited.matches(event, { position: '1:1', name }) : undefined;
      if (verdict?.kind === 'failed') return this.#fail(action, { reason: 'failed', findings: verdict.findings });
      if (verdict?.kind === 'succeeded') {
        const output = verdict.output as Json;
        return this.#record({ type: 'succeed', output, reactedTo: null, ...attemptOf(action) });
      }
    }
  }

  #fail(action: Attempted, failure: Failure): void {
    const outcomeKnown = failure.reason !== 'timed-out';
    this.#record({ type: 'fail', ...failure, outcomeKnown, reactedTo: null, ...attemptOf(action) });
  }

  #record(command: WithoutAt<ProcessCommand>): void {
    const definition = processDefinition(this.table);
    const decision = definition.decide({ ...command, at: LATE }, this.state);
    const events: readonly ProcessEvent[] = decision.kind === 'accepted' ? decision.events : [];
    const { state } = this;
    this.state = fold({ initialState: () => state, evolve: definition.evolve }, events);
    if (events.length > 0) this.version += 1;
  }
}

type Attempted = Extract<NextAction, { kind: 'start' | 'send' | 'wait' | 'skip' }>;
const attemptOf = ({ step, direction, attempt }: Attempted) => ({ step, direction, attempt });
