import { deployments } from '@freehold/deployment-contract';
import type { ReplyOf } from '@freehold/kernel';
import { arrivals, followMove, grantMove, takeMove } from '@freehold/portability-contract';
import { addressOf, followingAgent } from './name-lookup.js';
import { type Installation, type Operator, type Process, startInstallation } from './installation.js';
import { agentFetch } from './router-agent.js';

/** A provider, and the operator's account there. */
export interface Provider {
  readonly installation: Installation;
  readonly by: Operator;
}

type Deployment = ReplyOf<typeof deployments.get>['recorded'];

/** A move that was begun, seen from both sides. */
export interface Moving {
  readonly departure: string;
  readonly arrival: string;
  /** At the target. */
  readonly process: string;
  readonly deployment: string;
}

/** Two providers on this machine, and people who find names by asking their name servers. */
export class MovePair implements AsyncDisposable {
  private constructor(
    readonly source: Provider,
    readonly target: Provider,
  ) {}

  static async start(places: number): Promise<MovePair> {
    const source = await startInstallation();
    try {
      const { port: routerPort } = source.router;
      const target = await startInstallation({ args: ['--zone', 'elsewhere.test'], routerPort });
      const [from, to] = await Promise.all(
        [source, target].map(async (installation) => ({
          installation,
          by: await installation.registerOperator({ places }),
        })),
      );
      if (from === undefined || to === undefined) throw new Error('two installations make two providers');
      return new MovePair(from, to);
    } catch (error) {
      await source[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What a name is reached by, wherever it is: the address is asked for on each connection. */
  serverAt(name: string): { readonly baseUrl: string; readonly fetch: typeof globalThis.fetch } {
    const { port } = this.source.installation.router;
    return { baseUrl: `http://${name}:${port}`, fetch: agentFetch(followingAgent(this.#nameServers)) };
  }

  addressOf(name: string): Promise<string | undefined> {
    return addressOf(this.#nameServers, name);
  }

  /** Grants and takes; the other provider goes on by itself. */
  async begin(deployment: string): Promise<Moving> {
    const { source, target } = this;
    const granting = { deployment, to: target.installation.address };
    const params = { operator: source.by.operator };
    const { grant, id: departure } = await source.by.client.done(grantMove, { params, body: granting });
    const taken = await target.by.client.done(takeMove, {
      params: { operator: target.by.operator },
      body: { grant },
    });
    return { ...taken, departure };
  }

  /** Follows the target's side until it has ended or is stuck; `onStep` is told what it is at, as it changes. */
  async ended({ process }: Moving, onStep?: (step: string) => Promise<void>): Promise<Process> {
    const { client, operator } = this.target.by;
    let after: ReplyOf<typeof followMove>['position'] | undefined;
    for (;;) {
      const { recorded, position } = await client.done(followMove, {
        params: { operator, process },
        body: { wait: 10, after },
      });
      if (recorded.status !== 'running' && recorded.status !== 'undoing') return recorded;
      const step = recorded.steps.find(({ state }) => state === 'running' || state === 'awaiting');
      if (step !== undefined) await onStep?.(step.name);
      after = position;
    }
  }

  async shown({ by }: Provider, deployment: string): Promise<Deployment> {
    const params = { operator: by.operator, deployment };
    return (await by.client.done(deployments.get, { params })).recorded;
  }

  async comparison({ arrival }: Moving) {
    const params = { operator: this.target.by.operator, arrival };
    return (await this.target.by.client.done(arrivals.get, { params })).recorded.comparison;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.target.installation[Symbol.asyncDispose]();
    await this.source.installation[Symbol.asyncDispose]();
  }

  /** The name's own provider first. */
  get #nameServers(): string[] {
    return [this.source.installation.nameServer, this.target.installation.nameServer];
  }
}
