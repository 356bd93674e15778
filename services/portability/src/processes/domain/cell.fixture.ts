/**
 * One provider of a move, in memory: the aggregates that its process commands, and the agent of its host. Departure and
 * arrival are the real deciders; a deployment and an environment follow theirs (…-model.fixture). What is decided and what
 * the agent has made of it (`actual`) are two things, so that a world can let them drift apart.
 */
import type { Decider } from '@freehold/decider';
import type { Job } from '@freehold/deployment-contract';
import * as deployments from '@freehold/deployment-contract';
import { freePlace, reservePlace } from '@freehold/accounts-contract';
import type { AggregateName, BodyOf, DomainEvent, Finding, Operation } from '@freehold/kernel';
import type { Effect, Json } from '@freehold/process';
import type { ProcessWorld, WorldEvent, WorldOutcome } from '@freehold/process/laws';
import * as provisioning from '@freehold/provisioning-contract';
import { z } from 'zod';
import { id } from '../../departure/domain/departure.fixture.js';
import { deploymentModel } from './deployment-model.fixture.js';
import { environmentModel } from './environment-model.fixture.js';
import { finding } from './findings.fixture.js';

export const OPERATOR = id(1);
export const LINEAGE = id(5);
export const HOST = 'this-host';

/** Ids of the names that the deployment has. */
export const NAMES = ['a'.repeat(52), 'b'.repeat(52)] as const;

export const CONFIGURATION = {
  ...{ application: 'radicale', version: '3.9.0', digest: 'd', settings: {}, secretSettings: [], secrets: ['key'] },
  names: [],
};

/** Something that is taken and given back, and whose giving back leaves a mark. */
class Claim {
  taken = false;
  #givenBack = false;

  take(): boolean {
    if (this.#givenBack) return false;
    this.taken = true;
    return true;
  }
  giveBack(): true {
    this.taken = false;
    this.#givenBack = true;
    return true;
  }
}

/** Answers the findings of a refusal; none: accepted. */
export class Aggregate<State, Command, Event extends DomainEvent> {
  state: State;
  version = 0;

  constructor(
    private readonly decider: Decider<State, Command, Event>,
    private readonly name: AggregateName,
    private readonly events: WorldEvent[],
  ) {
    this.state = decider.initialState();
  }

  execute(command: Command): readonly Finding[] {
    const decision = this.decider.decide(command, this.state);
    if (decision.kind === 'refused') return decision.findings;
    for (const event of decision.events) {
      this.state = this.decider.evolve(this.state, event);
      const data = z.record(z.string(), z.json()).parse(event.data);
      this.events.push({ name: this.name, event: { type: event.type, data } });
    }
    if (decision.events.length > 0) this.version += 1;
    return [];
  }
}

type Handler = readonly [string, (sent: unknown) => WorldOutcome];
export const on = <O extends Operation>(operation: O, decide: (body: BodyOf<O>) => WorldOutcome): Handler => [
  operation.id,
  (sent) => decide(operation.body.parse(sent) as BodyOf<O>),
];
export const answered = (findings: readonly Finding[], reply: Json = {}): WorldOutcome =>
  findings.length > 0 ? { kind: 'refused', findings } : { kind: 'succeeded', reply };
const claimed = (isTaken: boolean, reply: Json = {}): WorldOutcome =>
  answered(isTaken ? [] : [finding('given-back-already')], reply);

export interface CellIds {
  deployment: string;
  environment: string;
}

interface Desired {
  revision: number;
  epoch: number;
  want: provisioning.Want;
}

export abstract class Cell implements ProcessWorld {
  /** The log, as far as a process waits for it. */
  readonly events: WorldEvent[] = [];
  readonly claims = {
    place: new Claim(),
    'name a': new Claim(),
    'name b': new Claim(),
    capacity: new Claim(),
    tenure: new Claim(),
    secrets: new Claim(),
  };
  readonly deployment: Aggregate<
    ReturnType<typeof deploymentModel.initialState>,
    Parameters<typeof deploymentModel.decide>[0],
    deployments.DeploymentEvent
  >;
  readonly environment: Aggregate<
    ReturnType<typeof environmentModel.initialState>,
    Parameters<typeof environmentModel.decide>[0],
    provisioning.EnvironmentEvent
  >;
  /** What the agent has made. */
  actual: provisioning.Want | null = null;
  /** The move's own folder on the host. */
  hasFolder = false;
  /** The agent will give the next generation up. */
  failsNext = false;
  /** The environment's state is whole. */
  hasState = false;
  #reconciled = 0;
  readonly #answers = new Map<string, WorldOutcome>();
  #handlers: ReadonlyMap<string, Handler[1]> | null = null;

  constructor(protected readonly ids: CellIds) {
    this.deployment = new Aggregate(
      deploymentModel,
      this.named('deployment', 'deployment', ids.deployment),
      this.events,
    );
    const environment = this.named('provisioning', 'environment', ids.environment);
    this.environment = new Aggregate(environmentModel, environment, this.events);
  }

  protected abstract handlers(): readonly Handler[];
  /** Does what an agent does; answers its result, undefined if it failed. */
  protected abstract work(job: Job): Json | undefined;
  protected abstract things(): readonly string[];
  /** What a world lets others do around a command. */
  protected beforehand(_operation: string | null): void {}
  protected afterwards(_operation: string | null): void {}

  protected named(context: AggregateName['context'], aggregate: string, of: string): AggregateName {
    return { context, operator: OPERATOR, aggregate, id: of };
  }

  /** By its id. */
  protected nameOf(id: string): Claim {
    return id === NAMES[0] ? this.claims['name a'] : this.claims['name b'];
  }

  exists(): readonly string[] {
    const { deployment, environment, claims } = this;
    const want = environment.state.desired?.want;
    return [
      ...Object.entries(claims).flatMap(([name, claim]) => (claim.taken ? [name] : [])),
      ...(['ordered', 'live', 'sealed'].includes(deployment.state.status)
        ? [`deployment ${deployment.state.status}`]
        : []),
      ...(environment.state.isPlaced && want !== 'absent' ? [`environment ${want}`] : []),
      ...(this.hasFolder ? ['folder of the move'] : []),
      ...this.things(),
    ].toSorted();
  }

  /** A repeat of what was accepted gets the same answer; what was refused is decided again, as in the log. */
  apply(effect: Effect, commandId: string): WorldOutcome {
    const known = this.#answers.get(commandId);
    if (known !== undefined) return known;
    const before = this.events.length;
    const operation = effect.kind === 'command' ? effect.operation.id : null;
    this.beforehand(operation);
    const outcome =
      effect.kind === 'job' ? this.job(effect.job, commandId) : this.#decide(effect.operation.id, effect.body);
    if (outcome.kind === 'refused') return outcome;
    this.afterwards(operation);
    const answer = { ...outcome, happened: this.events.slice(before) };
    this.#answers.set(commandId, answer);
    return answer;
  }

  #decide(operation: string, body: unknown): WorldOutcome {
    this.#handlers ??= new Map([...this.#common(), ...this.handlers()]);
    const handler = this.#handlers.get(operation);
    if (handler === undefined) throw new Error(`this world does not know ${operation}`);
    return handler(body);
  }

  /** The agent does a job and says so; a deployment that is not there any more does not hear it. */
  protected job(body: object, commandId: string): WorldOutcome {
    const job = deployments.Job.parse({ ...body, id: commandId });
    const result = this.work(job);
    this.deployment.execute({ type: 'record-job', job: commandId, work: job.work.kind, result });
    return { kind: 'succeeded', reply: null };
  }

  /** The agent makes true what is desired, and reports it; or it gives it up, and what it had begun may run all the same. */
  observe(): void {
    const { desired, observedGeneration } = this.environment.state;
    if (desired === null || desired.generation <= observedGeneration) return;
    if (this.failsNext) {
      this.failsNext = false;
      if (desired.want === 'running') this.actual = 'running';
      this.environment.execute({ type: 'fail', generation: desired.generation });
      return;
    }
    this.actual = desired.want;
    if (desired.want === 'absent') this.hasState = false;
    this.environment.execute({ type: 'observe', generation: desired.generation, state: desired.want });
  }

  /**
   * What the deployment's reconciler asks of the environment; null: a process says what, or nothing has happened to the
   * deployment since it asked. Nothing else wakes it: what the environment was told meanwhile it does not see.
   */
  desires(): Desired | null {
    const { state, version } = this.deployment;
    if (state.status !== 'live' || version === this.#reconciled) return null;
    return { revision: version, epoch: state.epoch, want: 'running' };
  }

  /** What it asked for has arrived. */
  desire(desired: Desired): void {
    this.environment.execute({ type: 'desire', ...desired });
    this.#reconciled = Math.max(this.#reconciled, desired.revision);
  }

  reconcile(): void {
    const desired = this.desires();
    if (desired !== null) this.desire(desired);
  }

  /** By its state, and by what is wanted of its environment. */
  isLive(): boolean {
    return this.deployment.state.status === 'live' && this.environment.state.desired?.want === 'running';
  }

  #common(): Handler[] {
    const { claims, deployment, environment } = this;
    return [
      on(reservePlace, () => claimed(claims.place.take(), { plan: 'basic' })),
      on(freePlace, () => claimed(claims.place.giveBack())),
      on(provisioning.claimNames, ({ names }) => claimed(names.every(({ name }) => this.nameOf(name).take()))),
      on(provisioning.giveUpNames, ({ names }) => claimed(names.every((name) => this.nameOf(name).giveBack()))),
      on(provisioning.attachNames, ({ names }) => claimed(names.every((name) => this.nameOf(name).taken))),
      on(provisioning.reserveCapacity, () => claimed(claims.capacity.take(), { host: HOST })),
      on(provisioning.lowerCapacity, () => claimed(claims.capacity.taken)),
      on(provisioning.freeCapacity, () => claimed(claims.capacity.giveBack())),
      on(deployments.claimTenure, () => claimed(claims.tenure.take())),
      on(deployments.freeTenure, () => claimed(claims.tenure.giveBack())),
      on(deployments.shredSecrets, () => claimed(claims.secrets.giveBack())),
      on(deployments.sealDeployment, ({ departure }) => {
        const findings = deployment.execute({ type: 'seal', departure });
        return answered(findings, {
          revision: deployment.version,
          epoch: deployment.state.epoch,
          configuration: CONFIGURATION,
        });
      }),
      on(provisioning.desireEnvironment, ({ revision, turn, epoch, want }) => {
        const findings = environment.execute({ type: 'desire', revision, turn, epoch, want });
        return answered(findings, { generation: environment.state.desired?.generation ?? 0 });
      }),
    ];
  }
}
