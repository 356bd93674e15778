import { tenureDecider } from '../../tenure/domain/tenure.js';
import { deploymentDecider } from '../../deployment/domain/deployment.decide.js';
import type { Decider } from '@freehold/decider';
import { type DeploymentEvent, Job, NamedPurpose } from '@freehold/deployment-contract';
import type { DomainEvent, Finding, RecordedEvent } from '@freehold/kernel';
import type { Effect } from '@freehold/process';
import type { ProcessWorld, WorldEvent, WorldOutcome } from '@freehold/process/laws';
import { z } from 'zod';

export const OPERATOR = '5b0a8e5e-6a5f-4b3e-9f3c-0d2b1c9a7e02';
export const DEPLOYMENT = '6f6f2f3e-5df0-4b8e-9a36-0f5b8c1f0001';
export const LINEAGE = '6f6f2f3e-5df0-4b8e-9a36-0f5b8c1f0002';
export const ENVIRONMENT = '6f6f2f3e-5df0-4b8e-9a36-0f5b8c1f0003';
const SECRETS = ['first-admin-password'];

/** A thing of another context that is taken and given back, and whose giving back leaves a mark. */
class Claim {
  taken = false;
  private givenBack = false;

  take(): boolean {
    if (this.givenBack) return false;
    this.taken = true;
    return true;
  }
  giveBack(): true {
    this.taken = false;
    this.givenBack = true;
    return true;
  }
}

/** An aggregate of this context with its real decider. */
class Aggregate<State, Command, Event extends DomainEvent> {
  state: State;
  version = 0;
  constructor(private readonly decider: Decider<State, Command, Event>) {
    this.state = decider.initialState();
  }
  execute(command: Command): readonly Event[] | readonly Finding[] {
    const decision = this.decider.decide(command, this.state);
    if (decision.kind === 'refused') return decision.findings;
    for (const event of decision.events) this.state = this.decider.evolve(this.state, event);
    if (decision.events.length > 0) this.version += 1;
    return decision.events;
  }
}

/** Everything that the processes of this context talk to: this context's own deciders, the others' as far as they tell. */
export class CellWorld implements ProcessWorld {
  private readonly place = new Claim();
  private readonly names = new Map<string, Claim>();
  private readonly capacity = new Claim();
  private readonly environment = new Claim();
  private readonly secrets = new Claim();
  private generation = 0;
  private want: string | null = null;
  private readonly deployment = new Aggregate(deploymentDecider);
  private readonly tenure = new Aggregate(tenureDecider);
  private readonly answers = new Map<string, WorldOutcome>();

  /** A cell in which the deployment lives already. */
  static withLiveDeployment(): CellWorld {
    const world = new CellWorld();
    for (const claim of [
      world.place,
      world.nameOf('a'.repeat(52)),
      world.nameOf('b'.repeat(52)),
      world.capacity,
      world.environment,
      world.secrets,
    ])
      claim.take();
    world.tenure.execute({ type: 'claim', deployment: DEPLOYMENT });
    world.deployment.execute({ type: 'order', order: AN_ORDER });
    world.deployment.execute({ type: 'record-secrets', names: SECRETS });
    world.deployment.execute({ type: 'bind-resources', host: 'this-host' });
    const work = { kind: 'prepare-release', application: 'radicale', version: '3.9.0', digest: 'd' } as const;
    const job = { id: LINEAGE, operator: OPERATOR, deployment: DEPLOYMENT, environment: ENVIRONMENT, epoch: 0, work };
    world.deployment.execute({ type: 'record-job', job, outcome: { kind: 'succeeded' } });
    world.deployment.execute({ type: 'take-tenure', epoch: 1, handover: null });
    world.deployment.execute({ type: 'record-live', generation: 1, identity: null });
    const hook = { ...job, id: ENVIRONMENT, work: { kind: 'run-hook', hook: 'first-admin', generation: 1 } } as const;
    world.deployment.execute({ type: 'record-job', job: hook, outcome: { kind: 'succeeded' } });
    return world;
  }

  exists(): readonly string[] {
    const things = [
      ...Object.entries({
        place: this.place,
        ...Object.fromEntries([...this.names].map(([name, claim]) => [`name ${name.slice(0, 1)}`, claim])),
        capacity: this.capacity,
        environment: this.environment,
        secrets: this.secrets,
      }).flatMap(([thing, claim]) => (claim.taken ? [thing] : [])),
      ...(this.tenure.state.holder === null ? [] : ['tenure']),
      ...(EXISTING.has(this.deployment.state.status) ? [`deployment ${this.deployment.state.status}`] : []),
    ];
    return things.toSorted();
  }

  apply(effect: Effect, commandId: string): WorldOutcome {
    const known = this.answers.get(commandId);
    if (known !== undefined) return known;
    const answer =
      effect.kind === 'job' ? this.work(Job.parse(effect.job)) : this.decide(effect.operation.id, effect.body);
    if (answer.kind === 'succeeded') this.answers.set(commandId, answer);
    return answer;
  }

  private nameOf(id: string): Claim {
    const claim = this.names.get(id) ?? new Claim();
    this.names.set(id, claim);
    return claim;
  }

  private decide(operation: string, sent: unknown): WorldOutcome {
    const body = z.record(z.string(), z.json()).parse(sent);
    const claims: Record<string, () => boolean> = {
      'accounts.reserve-place': () => this.place.take(),
      'accounts.free-place': () => this.place.giveBack(),
      'provisioning.claim-names': () => namesIn(body).every((name) => this.nameOf(name).take()),
      'provisioning.give-up-names': () => namesIn(body).every((name) => this.nameOf(name).giveBack()),
      'provisioning.attach-names': () => namesIn(body).every((name) => this.nameOf(name).taken),
      'provisioning.reserve-capacity': () => this.capacity.take(),
      'provisioning.lower-capacity': () => this.capacity.taken,
      'provisioning.free-capacity': () => this.capacity.giveBack(),
      'provisioning.request-environment': () => this.want !== 'absent' && this.environment.take(),
      'deployment.shred-secrets': () => this.secrets.giveBack(),
    };
    const claim = claims[operation];
    if (claim !== undefined)
      return claim()
        ? ok({ host: 'this-host', plan: 'basic', environment: ENVIRONMENT })
        : refusal('given-back-already');
    return operation === 'provisioning.desire-environment' ? this.desire(body) : this.own(operation, body);
  }

  private desire({ want }: Record<string, unknown>): WorldOutcome {
    if (want === 'absent') this.environment.giveBack();
    else if (!this.environment.taken) return refusal('environment-unknown');
    this.want = String(want);
    this.generation += 1;
    const { generation } = this;
    const data = { generation, state: this.want, identity: null };
    return ok({ generation }, environmentEvent({ type: 'provisioning.environment-observed.v1', data }));
  }

  private own(operation: string, body: Record<string, unknown>): WorldOutcome {
    const deployment = (command: Parameters<typeof deploymentDecider.decide>[0]) =>
      this.decided(this.deployment.execute(command));
    switch (operation) {
      case 'deployment.create-deployment': {
        const { deployment: _id, ...order } = body;
        return deployment({ type: 'order', order: Ordered.parse(order) });
      }
      case 'deployment.undo-order':
        return deployment({ type: 'undo-order' });
      case 'deployment.claim-tenure':
        return this.decided(this.tenure.execute({ type: 'claim', deployment: DEPLOYMENT }));
      case 'deployment.free-tenure':
        return this.decided(this.tenure.execute({ type: 'free', deployment: DEPLOYMENT }));
      case 'deployment.prepare-secrets': {
        const recorded = deployment({ type: 'record-secrets', names: SECRETS });
        if (recorded.kind === 'refused' || !this.secrets.take()) return refusal('order-already-undone');
        return ok({ names: SECRETS });
      }
      case 'deployment.bind-resources':
        return deployment({ type: 'bind-resources', host: 'this-host' });
      case 'deployment.take-tenure':
        return deployment({ type: 'take-tenure', epoch: 1, handover: null });
      case 'deployment.record-live':
        return deployment({ type: 'record-live', generation: this.generation, identity: null });
      case 'deployment.begin-retirement':
        return deployment({ type: 'begin-retirement', eraseAt: String(body['eraseAt']) });
      case 'deployment.record-retired':
        return deployment({ type: 'record-retired' });
      default:
        throw new Error(`this world does not know ${operation}`);
    }
  }

  private decided(events: readonly DomainEvent[] | readonly Finding[]): WorldOutcome {
    const [first] = events;
    if (first !== undefined && 'code' in first) return { kind: 'refused', findings: events as readonly Finding[] };
    return ok({ revision: this.deployment.version, epoch: 1 });
  }

  /** An agent does the job and says so; what the deployment refuses is nobody's event. */
  private work(job: Job): WorldOutcome {
    const events = this.deployment.execute({ type: 'record-job', job, outcome: { kind: 'succeeded' } });
    const happened = events.flatMap((event) => ('type' in event ? [deploymentEvent(event)] : []));
    return ok(null, ...happened);
  }
}

const EXISTING: ReadonlySet<string> = new Set(['ordered', 'live', 'suspended', 'retiring']);

const AN_ORDER = {
  lineage: LINEAGE,
  application: 'radicale',
  version: '3.9.0',
  digest: 'd',
  plan: 'basic',
  environment: ENVIRONMENT,
  names: [],
  settings: {},
  secretSettings: [],
};

const Ordered = z.object({
  lineage: z.string(),
  application: z.string(),
  version: z.string(),
  digest: z.string(),
  plan: z.string(),
  environment: z.string(),
  names: z.array(NamedPurpose),
  settings: z.record(z.string(), z.json()),
  secretSettings: z.array(z.string()),
});

const namesIn = (body: Record<string, unknown>): string[] =>
  z.array(z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)])).parse(body['names']);

const ok = (reply: z.infer<z.ZodJSONSchema>, ...happened: WorldEvent[]): WorldOutcome => ({
  kind: 'succeeded',
  reply,
  happened,
});
const refusal = (code: string): WorldOutcome => ({
  kind: 'refused',
  findings: [{ pointer: '', code, detail: `${code}.`, hint: 'Read the fixture.' }],
});
const eventOf = (context: 'provisioning' | 'deployment', aggregate: string, id: string) => (event: RecordedEvent) => ({
  name: { context, operator: OPERATOR, aggregate, id },
  event,
});
const environmentEvent = eventOf('provisioning', 'environment', ENVIRONMENT);
const deploymentEvent = (event: DeploymentEvent) => {
  const { type, data } = event;
  return eventOf('deployment', 'deployment', DEPLOYMENT)({ type, data: z.record(z.string(), z.json()).parse(data) });
};
