import { type ContextName, event, eventCatalogue, Id, operation } from '@freehold/kernel';
import { z } from 'zod';
import { type AwaitedAggregate, command, job, oneOf, type Effect } from '../effect.js';
import { defineProcess, nothingToUndo, type Scope } from '../process-table.js';
import type { ProcessWorld, WorldOutcome } from './process-world.js';

/** A small order: a place, a host, an environment that is waited for, a job, and an announcement. */
const change = <Body extends z.ZodType, Reply extends z.ZodType>(
  context: ContextName,
  verb: string,
  body: Body,
  reply: Reply,
) =>
  operation({
    id: `${context}.${verb}`,
    kind: 'command',
    summary: verb,
    permission: 'process:act',
    scope: 'operator',
    params: z.object({ operator: z.string() }),
    body,
    reply,
    refusals: [],
    since: '0.1.0',
  });

const Thing = z.object({ deployment: Id });
const Done = z.object({});
export const reservePlace = change('accounts', 'reserve-place', Thing, Done);
export const freePlace = change('accounts', 'free-place', Thing, Done);
export const reserveHost = change('provisioning', 'reserve-host', Thing, z.object({ host: z.string() }));
export const freeHost = change('provisioning', 'free-host', Thing, Done);
export const requestEnvironment = change(
  'provisioning',
  'request-environment',
  Thing.extend({ host: z.string() }),
  z.object({ generation: z.int() }),
);
export const removeEnvironment = change('provisioning', 'remove-environment', Thing, Done);
export const announce = change('deployment', 'announce', Thing.extend({ port: z.int() }), Done);

export const Order = z.object({ deployment: Id });
export type Order = z.infer<typeof Order>;
export const anOrder: Order = { deployment: '0e4d7b1a-90d1-4c54-9f5b-0b8a1f3d2c11' };

export const anOperator = '5b0a8e5e-6a5f-4b3e-9f3c-0d2b1c9a7e02';

const environments = eventCatalogue({
  context: 'provisioning',
  aggregate: 'environment',
  events: [
    event('provisioning.environment-provisioned.v1', z.object({ generation: z.int() })),
    event('provisioning.environment-failed.v1', z.object({ generation: z.int() })),
    event('provisioning.job-finished.v1', z.object({ job: Id })),
  ],
});

export const environmentOf = (operator: string, id: string): AwaitedAggregate => oneOf(environments, { operator, id });

const thing = (operation: typeof freePlace, { operator, input }: Scope<Order, object>) =>
  command({ operation, params: { operator }, body: { deployment: input.deployment } });

export const prepareHost = 'one-host';

const prepare = (scope: Scope<Order, { host: { host: string } }>, what: string) =>
  job({
    host: scope.outputs.host.host,
    deployment: scope.input.deployment,
    job: { what, deployment: scope.input.deployment },
    until: ({ commandId }) => ({
      interestedIn: [environmentOf(scope.operator, scope.input.deployment)],
      timeoutMs: 600_000,
      matches: ({ type, data }) =>
        type === 'provisioning.job-finished.v1' && data['job'] === commandId
          ? { kind: 'succeeded', output: { port: 8008 } }
          : undefined,
    }),
  });

const head = { context: 'deployment', kind: 'order-sample', definition: 1, input: Order } as const;

/** The steps, so that spoiled tables can take some of them. */
export const sampleProcess = defineProcess(head)
  .step('place', { run: (scope) => thing(reservePlace, scope), undo: (scope) => thing(freePlace, scope) })
  .step('host', {
    run: ({ operator, input }) =>
      command({ operation: reserveHost, params: { operator }, body: { deployment: input.deployment } }),
    undo: (scope) => thing(freeHost, scope),
  })
  .step('environment', {
    run: (scope) =>
      command({
        operation: requestEnvironment,
        params: { operator: scope.operator },
        body: { deployment: scope.input.deployment, host: scope.outputs.host.host },
        until: ({ reply }) => ({
          interestedIn: [environmentOf(scope.operator, scope.input.deployment)],
          timeoutMs: 300_000,
          matches: ({ type, data }) => {
            if (data['generation'] !== reply.generation) return undefined;
            if (type === 'provisioning.environment-provisioned.v1')
              return { kind: 'succeeded', output: { ready: true } };
            const findings = [{ pointer: '', code: 'no-disk', detail: 'Disk full.', hint: 'Add one.' }];
            return type === 'provisioning.environment-failed.v1' ? { kind: 'failed', findings } : undefined;
          },
        }),
      }),
    undo: (scope) => thing(removeEnvironment, scope),
  })
  .step('prepare', { run: (scope) => prepare(scope, 'prepare'), undo: (scope) => prepare(scope, 'forget') })
  .step('announce', {
    run: ({ operator, input, outputs }) =>
      command({
        operation: announce,
        params: { operator },
        body: { deployment: input.deployment, port: outputs.prepare.port },
      }),
    undo: nothingToUndo('a message only; who hears it asks what is there'),
  });

export interface Flaws {
  /** Forgets command ids: everything has its effect each time. */
  nonIdempotent?: boolean;
  /** Undos leave no mark. */
  forgetsMarks?: boolean;
  /** Undoing what never happened is refused. */
  refusesNeedlessUndo?: boolean;
  /** This thing cannot be made. */
  refuses?: string;
  /** The undo of the place is accepted under this id only. */
  undoesOnly?: Id;
}

/** What is made and unmade, by pairs of commands. */
const PAIRS: Record<string, { thing: string; makes: boolean }> = {
  'accounts.reserve-place': { thing: 'place', makes: true },
  'accounts.free-place': { thing: 'place', makes: false },
  'provisioning.reserve-host': { thing: 'host', makes: true },
  'provisioning.free-host': { thing: 'host', makes: false },
  'provisioning.request-environment': { thing: 'environment', makes: true },
  'provisioning.remove-environment': { thing: 'environment', makes: false },
  prepare: { thing: 'release', makes: true },
  forget: { thing: 'release', makes: false },
};

/** A world that keeps the rules, but for its flaws. */
export class SampleWorld implements ProcessWorld {
  private readonly things: string[] = [];
  private readonly marks = new Set<string>();
  private readonly answers = new Map<string, WorldOutcome>();

  constructor(private readonly flaws: Flaws = {}) {}

  exists(): readonly string[] {
    return this.things.toSorted();
  }

  apply(effect: Effect, commandId: Id): WorldOutcome {
    const known = this.flaws.nonIdempotent === true ? undefined : this.answers.get(commandId);
    const answer = known ?? this.decide(effect, commandId);
    if (answer.kind === 'succeeded') this.answers.set(commandId, answer);
    return answer;
  }

  private decide(effect: Effect, commandId: Id): WorldOutcome {
    const what =
      effect.kind === 'command' ? effect.operation.id : z.object({ what: z.string() }).parse(effect.job).what;
    if (what === announce.id) return { kind: 'succeeded', reply: {} };
    const pair = PAIRS[what];
    if (pair === undefined) throw new Error(`the sample world does not know ${what}`);
    return pair.makes ? this.make(pair.thing, commandId) : this.unmake(pair.thing, commandId);
  }

  private make(thing: string, commandId: Id): WorldOutcome {
    if (this.marks.has(thing)) {
      // A job's refusal is its result, and nobody waits for this one.
      return thing === 'release' ? finished(commandId) : refusal('already-undone');
    }
    if (thing === this.flaws.refuses) return refusal('never-there');
    this.things.push(thing);
    if (thing === 'host') return { kind: 'succeeded', reply: { host: prepareHost } };
    if (thing === 'release') return finished(commandId);
    if (thing !== 'environment') return { kind: 'succeeded', reply: {} };
    const event = { type: 'provisioning.environment-provisioned.v1', data: { generation: 1 } };
    return {
      kind: 'succeeded',
      reply: { generation: 1 },
      happened: [{ name: environmentOf(anOperator, anOrder.deployment), event }],
    };
  }

  private unmake(thing: string, commandId: Id): WorldOutcome {
    const index = this.things.indexOf(thing);
    if (index < 0 && this.flaws.refusesNeedlessUndo === true && !this.marks.has(thing)) return refusal('never-made');
    const { undoesOnly } = this.flaws;
    if (thing === 'place' && undoesOnly !== undefined && commandId !== undoesOnly) return refusal('other-undo');
    if (index >= 0) this.things.splice(index, 1);
    if (this.flaws.forgetsMarks !== true) this.marks.add(thing);
    return thing === 'release' ? finished(commandId) : { kind: 'succeeded', reply: {} };
  }
}

const finished = (commandId: Id): WorldOutcome => {
  const event = { type: 'provisioning.job-finished.v1', data: { job: commandId } };
  return { kind: 'succeeded', reply: null, happened: [{ name: environmentOf(anOperator, anOrder.deployment), event }] };
};

const refusal = (code: string): WorldOutcome => ({
  kind: 'refused',
  findings: [{ pointer: '', code, detail: `${code}.`, hint: 'Read the fixture.' }],
});
