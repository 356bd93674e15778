import {
  type Agent,
  agentConfig,
  type AgentConfig,
  MemoryBackend,
  MemoryHost,
  type MemoryRun,
  startAgent,
} from '@freehold/agent';
import {
  bootService,
  CONFIGURATION,
  HealthRegistry,
  NATS_CONNECTION,
  OperationClient,
  type RunningService,
} from '@freehold/platform';
import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import { once } from 'node:events';
import { createServer } from 'node:http';

/*
 * The agent of a cell's host on the backend in memory: reconciler, jobs, journal and router are the real ones; releases,
 * files and processes are not. An application is a small HTTP server that answers every probe of the shipped packages.
 */

/** First port of this Node process; its applications get the following ones. */
const firstPort = 26_000 + (process.pid % 60) * 100;

/** The host outlives its agents, as a real one does. */
export class CellHost extends MemoryHost {
  #last = firstPort;

  constructor() {
    super(new Proxy({}, { get: () => (run: MemoryRun) => this.#run(run) }));
  }

  /** Also of ports, so these must be free. */
  override nextNumber(): number {
    return ++this.#last;
  }

  /** What runs now: `<environment>/<unit>`. */
  running(): string[] {
    return [...this.environments].flatMap(([id, { units }]) =>
      [...units].filter(([, { exit }]) => exit === undefined).map(([name]) => `${id}/${name}`),
    );
  }

  async #run(run: MemoryRun): Promise<number> {
    const served = [...this.environments].find(([id]) => run.args.some((each) => each.includes(`/${id}/`)));
    // Hooks are shell scripts; units run a Python module.
    if (!run.args.includes('-m')) return 0;
    const port = served?.[1].environment.ports['web'];
    if (port === undefined) return 2;
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/.well-known/caldav' ? 301 : 200;
      response.end('{}');
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    run.print(`serves on ${port}`);
    if (!run.stopping.aborted) await once(run.stopping, 'abort');
    server.closeAllConnections();
    server.close();
    return 143;
  }
}

const AGENT = Symbol('the agent of a cell');

@Module({})
class CellAgentModule implements OnApplicationShutdown {
  constructor(@Inject(AGENT) private readonly agent: Agent) {}

  async onApplicationShutdown(): Promise<void> {
    await this.agent.close();
  }
}

const agentModule = (host: MemoryHost) => ({
  module: CellAgentModule,
  providers: [
    {
      provide: AGENT,
      inject: [CONFIGURATION, NATS_CONNECTION, OperationClient, HealthRegistry],
      useFactory: (
        ...[config, connection, client, health]: [AgentConfig, NatsConnection, OperationClient, HealthRegistry]
      ) =>
        startAgent({
          ...{ config, connection, client, health },
          openBackend: async () => new MemoryBackend(host),
          timing: { lookMs: 500, pauseMs: 20, longestPauseMs: 500, environmentWaitMs: 10_000 },
        }),
    },
  ],
});

export function bootCellAgent(host: MemoryHost, values: Record<string, unknown>): Promise<RunningService> {
  const config = agentConfig.parse(values);
  return bootService({ name: 'agent', module: agentModule(host), config, signer: `agent.${config.agentHost}` });
}
