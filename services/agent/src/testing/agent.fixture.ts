import { HealthRegistry, OperationClient, readSigningKey, signPrincipal } from '@freehold/platform';
import { get } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { agentConfig } from '../agent.config.js';
import { type Agent, type AgentTiming, startAgent } from '../agent.js';
import { MemoryBackend } from '../backend/memory/memory-backend.js';
import { MemoryHost } from '../backend/memory/memory-host.js';
import type { RuntimeBackend } from '../backend/runtime-backend.js';
import { HOST, type TestCell } from './cell.fixture.js';
import { applicationPrograms } from './programs.fixture.js';

const QUICK: AgentTiming = { lookMs: 100, pauseMs: 20, longestPauseMs: 100, environmentWaitMs: 3_000 };
/** Ports of memory hosts: numbers that nobody else in these tests uses. */
let nextPort = 28_000;

export function memoryHost(): MemoryHost {
  const host = new MemoryHost(applicationPrograms);
  while (host.nextNumber() < nextPort);
  nextPort += 500;
  return host;
}

export interface TestAgentOptions {
  readonly host: MemoryHost;
  /** Of the agent's own folders; the same one again is the same agent after a crash. */
  readonly name: string;
  readonly wrap?: (backend: RuntimeBackend) => RuntimeBackend;
}

/** An agent on a host in memory, with its own connection. */
export async function startTestAgent(cell: TestCell, options: TestAgentOptions) {
  const { host, name, wrap = (backend: RuntimeBackend) => backend } = options;
  const folder = join(cell.ground.folder, name);
  const { signingKeyFile, signerKeysFile } = cell.keys;
  const signer = `agent.${HOST}`;
  const config = agentConfig.parse({
    natsUrl: cell.ground.natsUrl,
    signingKeyFile: signingKeyFile(signer),
    signerKeysFile,
    agentHost: HOST,
    agentFolder: join(folder, 'agent'),
    agentDataFolder: join(folder, 'data'),
    routerAddress: '127.0.0.1',
    routerPort: '0',
  });
  const connection = await cell.ground.connect();
  const key = await readSigningKey(signingKeyFile(signer));
  const client = new OperationClient({ connection, sign: (principal) => signPrincipal(key, signer, principal) });
  const health = new HealthRegistry();
  const parts = { connection, client, health, openBackend: async () => wrap(new MemoryBackend(host)), timing: QUICK };
  const start = (leaveRunning: boolean) => startAgent({ ...parts, config: { ...config, leaveRunning } });
  return { start, folder, health, connection };
}

/** Asks the router for a name; the body, or the status where it is not 200. */
export async function ask({ router }: Agent, name: string, path = '/'): Promise<string | number> {
  return new Promise((resolve, reject) => {
    const { address, port } = router;
    get({ host: address, port, path, headers: { host: name }, agent: false }, (response) => {
      text(response).then((body) => resolve(response.statusCode === 200 ? body : (response.statusCode ?? 0)), reject);
    }).once('error', reject);
  });
}
