import { HealthRegistry, OperationClient, readSigningKey, signPrincipal } from '@freehold/platform';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { agentConfig } from '../agent.config.js';
import { type Agent, type AgentTiming, startAgent } from '../agent.js';
import { MemoryBackend } from '../backend/memory/memory-backend.js';
import { MemoryHost } from '../backend/memory/memory-host.js';
import type { RuntimeBackend } from '../backend/runtime-backend.js';
import type { MoveTiming } from '../moves/move-work.js';
import { HOST, type TestCell } from './cell.fixture.js';
import { applicationPrograms } from './programs.fixture.js';

const QUICK: AgentTiming = { lookMs: 100, pauseMs: 20, longestPauseMs: 100, environmentWaitMs: 3_000 };
/** Pids and ports of all memory hosts of this Node process; Jest runs another one beside it. */
let lastNumber = 10_000 + (process.pid % 20) * 500;

class PortsOfThisMachine extends MemoryHost {
  /** Programs really listen, so a port that somebody has is passed over. */
  override nextNumber(): number {
    do lastNumber += 1;
    while (isListening(lastNumber));
    return lastNumber;
  }
}

/** From /proc/net/tcp, proc(5): local address in hexadecimal, state 0A for listening. */
function isListening(port: number): boolean {
  const hexadecimal = port.toString(16).toUpperCase().padStart(4, '0');
  return new RegExp(`:${hexadecimal} [0-9A-F]{8}:[0-9A-F]{4} 0A`).test(readFileSync('/proc/net/tcp', 'utf8'));
}

export const memoryHost = (): MemoryHost => new PortsOfThisMachine(applicationPrograms);

export interface TestAgentOptions {
  readonly host: MemoryHost;
  /** Of the agent's own folders; the same one again is the same agent after a crash. */
  readonly name: string;
  readonly wrap?: (backend: RuntimeBackend) => RuntimeBackend;
  readonly openBackend?: () => Promise<RuntimeBackend>;
  readonly timing?: Partial<MoveTiming>;
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
  const openBackend = options.openBackend ?? (async () => wrap(new MemoryBackend(host)));
  const parts = { connection, client, health, openBackend, timing: { ...QUICK, ...options.timing } };
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
