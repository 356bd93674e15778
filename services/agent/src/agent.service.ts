import { type AgentConfig, agentConfig } from './agent.config.js';
import { AgentModule } from './agent.module.js';

/** What `freehold serve agent` boots. `signer` is the name under which it signs, by the host of its configuration. */
export const agentService = {
  name: 'agent',
  module: AgentModule,
  configSchema: agentConfig,
  signer: ({ agentHost }: AgentConfig) => `agent.${agentHost}`,
} as const;
