import { AssertionError, deepStrictEqual } from 'node:assert/strict';
import type { AggregateName, Id, Position, ProcessAction, RecordedEvent } from '@freehold/kernel';
import { createAggregateStore, createAppender, memoryLog, subjectOf } from '@freehold/log';
import type { Json } from '../effect.js';
import { type ProcessCommand, processDefinition } from '../process-decide.js';
import type { ProcessState } from '../process-state.js';
import type { ProcessTable } from '../process-table.js';
import type { ProcessStore, SendOutcome, StepMessage, Trouble } from '../reactor/process-ports.js';
import { ProcessReactor } from '../reactor/process-reactor.js';
import { LawClock } from './law-clock.js';
import type { LawOptions, ProcessWorld, WorldEvent } from './process-world.js';

/** What goes wrong in a run. */
export interface Faults {
  /** In place of the delivery. */
  send?: (message: StepMessage, deliver: () => Promise<SendOutcome>) => Promise<SendOutcome>;
  /** The reactor is thrown away after its n-th commit, from 1, before it hears of it. */
  crashAfterCommit?: number;
  /** The same after its n-th delivery. */
  crashAfterSend?: number;
  /** Awaited events of these steps do not happen. */
  mute?: (message: StepMessage) => boolean;
  /** The log is silent when this is recorded (`<kind>.succeed`); nothing is stored. */
  silent?: (commandName: string) => boolean;
}

/** The id of the process under the laws. */
export const LAW_PROCESS = 'b54cfaf2-0c3d-4a6a-8c61-4f3d6e3f5a01';
const OPERATOR = '5b0a8e5e-6a5f-4b3e-9f3c-0d2b1c9a7e02';
const CORRELATION = '9d1f9a34-2f57-4c58-9a0d-7a3a5d1b6c03';
const MOST_ROUNDS = 5_000;

/** One run of a process in an in-memory cell: the real log, store, decider and reactor; only the world is simulated. */
export class LawRun {
  readonly world: ProcessWorld;
  readonly sent: StepMessage[] = [];
  readonly troubles: Trouble[] = [];
  commits = 0;
  sends = 0;
  lives = 0;
  private readonly clock = new LawClock();
  private readonly log = memoryLog({ clock: () => this.clock.now() });
  private readonly store = createAggregateStore({
    log: this.log,
    appender: createAppender({ log: this.log }),
    clock: () => this.clock.now(),
  });
  private readonly name: AggregateName;
  private readonly unsound: string[] = [];
  private reactor: ProcessReactor | null = null;
  private fed: Position = '1:0';

  constructor(
    private readonly table: ProcessTable,
    private readonly options: LawOptions,
    private readonly faults: Faults = {},
  ) {
    this.world = options.world();
    const { context, kind: aggregate } = table;
    this.name = { context, operator: options.operator ?? OPERATOR, aggregate, id: LAW_PROCESS };
  }

  /** From the beginning to the end, or to where it is stuck. */
  async complete(): Promise<ProcessState> {
    await this.command({ type: 'begin', input: this.options.input, at: this.clock.now().toISOString() });
    return this.settle();
  }

  /** What staff ask for; then on to the end. */
  async resume(action: ProcessAction): Promise<ProcessState> {
    await this.ask(action);
    return this.settle();
  }

  /** What staff ask for, while the process is under way. */
  async ask(action: ProcessAction): Promise<void> {
    await this.command({ type: 'resume', action, at: this.clock.now().toISOString() });
  }

  /** Delivers outside the process: late, or once more. */
  async deliver(message: StepMessage): Promise<SendOutcome> {
    const outcome = this.world.apply(message.effect, message.commandId);
    if (outcome.kind === 'refused') return outcome;
    if (this.faults.mute?.(message) !== true) for (const each of outcome.happened ?? []) await this.append(each);
    return { kind: 'succeeded', reply: outcome.reply };
  }

  private async settle(): Promise<ProcessState> {
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const reactor = this.reactor ?? (await this.boot());
      await reactor.idle();
      if (this.reactor === null) continue;
      const moved = await this.feed(reactor);
      const { state } = await this.store.load(processDefinition(this.table), this.name);
      if (moved) continue;
      if (state.status === 'ended' || state.status === 'stuck') return this.sound(state);
      if (!this.clock.advance()) throw broken(`hangs in ${JSON.stringify(state)}; ${this.troubles.at(-1)?.detail}`);
    }
    throw broken(`does not end within ${MOST_ROUNDS} rounds; last trouble: ${this.troubles.at(-1)?.detail}`);
  }

  private sound(state: ProcessState): ProcessState {
    deepStrictEqual(this.unsound, [], 'a command sent again must be the same command');
    return state;
  }

  private async boot(): Promise<ProcessReactor> {
    this.lives += 1;
    this.clock.forget();
    const life = this.lives;
    const reactor = new ProcessReactor({
      tables: [this.table],
      store: this.mortal(life),
      transport: { send: (message) => this.send(message, life) },
      clock: this.clock,
      onTrouble: (trouble) => this.troubles.push(trouble),
    });
    this.reactor = reactor;
    const head = await this.log.head();
    await reactor.resumeAll(this.log.range(this.fed, head));
    this.fed = head;
    return reactor;
  }

  /** A store whose answers a dead reactor never gets. */
  private mortal(life: number): ProcessStore {
    return {
      load: (definition, name, options) => this.alive(life, this.store.load(definition, name, options)),
      history: (name, page) => this.alive(life, this.store.history(name, page)),
      execute: async (request) => {
        this.assertAlive(life);
        if (this.faults.silent?.(request.meta.commandName) === true) throw new Error('the log is silent');
        const result = await this.store.execute(request);
        if (result.kind === 'committed' && !result.repeated) {
          this.commits += 1;
          if (this.commits === this.faults.crashAfterCommit) this.crash();
        }
        this.assertAlive(life);
        return result;
      },
    };
  }

  private async send(message: StepMessage, life: number): Promise<SendOutcome> {
    this.assertAlive(life);
    const first = this.sent.find(({ commandId }) => commandId === message.commandId);
    if (first !== undefined && bytesOf(first) !== bytesOf(message)) {
      this.unsound.push(`${message.step}: ${bytesOf(first)} became ${bytesOf(message)}`);
    }
    this.sent.push(message);
    const deliver = () => this.deliver(message);
    const outcome = await (this.faults.send?.(message, deliver) ?? deliver());
    this.sends += 1;
    if (this.sends === this.faults.crashAfterSend) this.crash();
    this.assertAlive(life);
    return outcome;
  }

  /** What is unfinished must be found again from where the bookmark may stand, and from nowhere else. */
  private crash(): void {
    this.fed = this.reactor?.safeBookmark() ?? '1:0';
    void this.reactor?.stop();
    this.reactor = null;
  }

  private assertAlive(life: number): void {
    if (this.reactor === null || life !== this.lives) throw new Error('this reactor was thrown away');
  }

  private async alive<Answer>(life: number, answer: Promise<Answer>): Promise<Answer> {
    const answered = await answer;
    this.assertAlive(life);
    return answered;
  }

  private async feed(reactor: ProcessReactor): Promise<boolean> {
    const head = await this.log.head();
    const moved = head !== this.fed;
    for await (const stored of this.log.range(this.fed, head)) reactor.onCommit(stored);
    this.fed = head;
    return moved;
  }

  private async command(command: Extract<ProcessCommand, { type: 'begin' | 'resume' }>): Promise<void> {
    const commandId = crypto.randomUUID();
    const actor = { kind: 'credential', id: OPERATOR } as const;
    const meta = { commandId, commandName: command.type, digest: '', actor, cause: null, correlation: CORRELATION };
    const definition = processDefinition(this.table);
    const result = await this.store.execute({ definition, name: this.name, command, meta });
    if (result.kind === 'refused') throw broken(`refuses to ${command.type}: ${JSON.stringify(result.findings)}`);
  }

  private async append({ name, event }: WorldEvent): Promise<void> {
    const subject = subjectOf(name);
    const last = await this.log.last(subject);
    const commit = {
      version: (last?.commit.version ?? 0) + 1,
      previous: last?.position ?? null,
      at: this.clock.now().toISOString(),
      actor: { kind: 'agent', id: 'world' } as const,
      command: { id: crypto.randomUUID(), name: 'happen', digest: '' },
      cause: null,
      correlation: CORRELATION,
      events: [event satisfies RecordedEvent],
    };
    await this.log.append(subject, commit, last?.position ?? null);
  }
}

export const broken = (message: string): AssertionError => new AssertionError({ message: `the process ${message}` });

/** What goes over the wire. */
const bytesOf = ({ effect }: { effect: StepMessage['effect']; commandId: Id }): string =>
  effect.kind === 'command'
    ? JSON.stringify([effect.operation.id, effect.params as Json, effect.body as Json])
    : JSON.stringify([effect.host, effect.deployment, effect.job]);
