import { CONFIGURATION, HealthRegistry, NATS_CONNECTION, OperationClient } from '@freehold/platform';
import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import { join } from 'node:path';
import { type AgentConfig, pipSettings } from './agent.config.js';
import { type Agent, startAgent } from './agent.js';
import { openProcessBackend } from './backend/process/process-backend.js';

const AGENT = Symbol('the agent of this host');

const openBackend = (config: AgentConfig) =>
  openProcessBackend({
    root: join(config.agentDataFolder, 'process'),
    isolation: config.agentIsolation,
    ports: config.agentUnitPorts,
    installerEnvironment: pipSettings(),
    ...(config.agentClaimsFolder === undefined ? {} : { claimsFolder: config.agentClaimsFolder }),
  });

/** agent: the hands on a host. It has no database and no key of the vault; what it must know lies on its own disk. */
@Module({
  providers: [
    {
      provide: AGENT,
      inject: [CONFIGURATION, NATS_CONNECTION, OperationClient, HealthRegistry],
      useFactory: (
        ...[config, connection, client, health]: [AgentConfig, NatsConnection, OperationClient, HealthRegistry]
      ) => startAgent({ config, connection, client, health, openBackend }),
    },
  ],
})
export class AgentModule implements OnApplicationShutdown {
  constructor(@Inject(AGENT) private readonly agent: Agent) {}

  async onApplicationShutdown(): Promise<void> {
    await this.agent.close();
  }
}
