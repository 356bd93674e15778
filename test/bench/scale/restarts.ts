import { volumeStates } from '@freehold/log';
import { systemEnvironment } from '@freehold/platform';
import { eventually } from '@freehold/supervisor/testing';
import type { NatsConnection } from '@nats-io/transport-node';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kill } from '../../faults/victims.js';
import type { Installation } from '../../kit/installation.js';
import { processesIn, processorTicks } from '../../kit/proc.js';

const TICKS_PER_SECOND = 100;
const LOOK_MS = 2_000;
const REST_TIMEOUT_MS = 3_600_000;

/**
 * Milliseconds from its start until it knows each of the log's streams; started with the settings that the platform gave it. The
 * platform does not run.
 */
export async function natsRestart(home: string, connection: NatsConnection, signal: NodeJS.Signals): Promise<number> {
  const streams = (await volumeStates(connection)).map(({ volume }) => `LOG_${volume}`);
  const servers = () => processesIn(home).filter(({ command }) => command.startsWith('nats-server'));
  const env = environmentOf(servers()[0]?.pid);
  for (const { pid } of servers()) process.kill(pid, signal);
  if (!(await eventually(() => servers().length === 0, { timeoutMs: 120_000, intervalMs: 20 })))
    throw new Error(`nats-server goes on after ${signal}`);
  const begun = performance.now();
  const { FREEHOLD_NATS_SERVER: natsServer = 'nats-server' } = systemEnvironment();
  const options = { stdio: 'ignore', detached: true, env } as const;
  spawn(natsServer, ['--config', join(home, 'nats', 'nats-server.conf')], options).unref();
  const isKnown = async (stream: string): Promise<boolean> => {
    const answer = await connection
      .request(`$JS.API.STREAM.INFO.${stream}`, '', { timeout: 50 })
      .catch(() => undefined);
    return answer !== undefined && !answer.string().includes('"error"');
  };
  const knows = async () => (await Promise.all(streams.map(isKnown))).every(Boolean);
  if (!(await eventually(knows, { timeoutMs: 600_000, intervalMs: 10 }))) throw new Error('nats-server does not serve');
  return performance.now() - begun;
}

function environmentOf(pid: number | undefined): NodeJS.ProcessEnv {
  if (pid === undefined) throw new Error('nats-server does not run');
  const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
  return Object.fromEntries(entries.map((entry) => /^([^=]*)=(.*)$/s.exec(entry)?.slice(1) ?? []));
}

/** How the platform, or all of it, was ended before it is started again. */
export const ENDS = {
  'platform after SIGKILL': (installation: Installation) => installation.kill(),
  'all after a clean stop': (installation: Installation) => installation.kill('SIGINT'),
  'all after SIGKILL': (installation: Installation) => kill(installation, 'all'),
} as const;

/** Milliseconds from `up` until `serves` says so. */
export async function restart(installation: Installation, serves: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await installation.restart();
  await serves();
  return performance.now() - begun;
}

/** Resolves when nothing of the installation has anything to do: it uses less than a tenth of one processor. */
export async function atRest(folder: string): Promise<void> {
  const used = (): number => processesIn(folder).reduce((sum, { pid }) => sum + processorTicks(pid), 0);
  let before = used();
  const rests = (): boolean => {
    const now = used();
    const isQuiet = now - before < (TICKS_PER_SECOND * LOOK_MS) / 1000 / 10;
    before = now;
    return isQuiet;
  };
  const options = { timeoutMs: REST_TIMEOUT_MS, intervalMs: LOOK_MS };
  // The first look sees no time at all.
  rests();
  await eventually(() => Promise.resolve(false), { timeoutMs: LOOK_MS, intervalMs: LOOK_MS });
  if (!(await eventually(rests, options))) throw new Error('the installation does not come to rest');
}
