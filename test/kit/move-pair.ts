import { deployments } from '@freehold/deployment-contract';
import type { ReplyOf } from '@freehold/kernel';
import { arrivals } from '@freehold/portability-contract';
import { addressOf, followingAgent } from './name-lookup.js';
import type { Process } from './installation.js';
import { beginMove, moveEnded, type Moving, type Provider, startProvider } from './provider.js';
import { agentFetch } from './router-agent.js';

type Deployment = ReplyOf<typeof deployments.get>['recorded'];

/** Two providers on this machine, and people who find names by asking their name servers. */
export class MovePair implements AsyncDisposable {
  private constructor(
    readonly source: Provider,
    readonly target: Provider,
  ) {}

  static async start(places: number): Promise<MovePair> {
    const source = await startProvider({ places });
    try {
      const { port: routerPort } = source.installation.router;
      const target = await startProvider({ places, args: ['--zone', 'elsewhere.test'], routerPort });
      return new MovePair(source, target);
    } catch (error) {
      await source.installation[Symbol.asyncDispose]();
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
  begin(deployment: string): Promise<Moving> {
    return beginMove(this.source, this.target, deployment);
  }

  /** Follows the target's side until it has ended or is stuck; `onStep` is told what it is at, as it changes. */
  ended({ process }: Moving, onStep?: (step: string) => Promise<void>): Promise<Process> {
    return moveEnded(this.target, process, onStep);
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
