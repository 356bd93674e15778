import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { NatsOptions } from './ground.options.js';
import { freePort, portIsFree } from './free-port.js';
import { renderNatsConfiguration } from './nats-configuration.js';
import { natsPublicKey } from './nats-keys.js';
import { processesWithArgument } from './os-process.js';
import { readIfThere, writePrivate } from './private-file.js';
import type { ServerSpec } from './server-keeper.js';

/** Older ones store doubles in races or gain nothing from batches (design, log.md, Appending). */
export const oldestNatsVersion = '2.15.2';

export class NatsServerUnusableError extends Error {
  override readonly name = 'NatsServerUnusableError';
}

/** @throws NatsServerUnusableError when the executable is missing or too old */
export async function checkNatsVersion(command: string): Promise<string> {
  const remedy = `install nats-server ${oldestNatsVersion} or newer (npm start does it) and name it in FREEHOLD_NATS_SERVER`;
  let output: string;
  try {
    output = (await promisify(execFile)(command, ['--version'])).stdout;
  } catch (cause) {
    throw new NatsServerUnusableError(`${command} cannot be started; ${remedy}`, { cause });
  }
  const version = /v?(\d+\.\d+\.\d+)/.exec(output)?.[1];
  if (version === undefined || compareVersions(version, oldestNatsVersion) < 0) {
    throw new NatsServerUnusableError(`${command} says "${output.trim()}", which is too old; ${remedy}`);
  }
  return version;
}

export function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map((version) => version.split('.').map(Number));
  for (const index of [0, 1, 2]) {
    const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export interface NatsServer {
  readonly spec: ServerSpec;
  readonly port: number;
}

/** Chooses the port and describes the server of this folder. */
export async function describeNats(folder: string, options: NatsOptions): Promise<NatsServer> {
  const command = options.natsServer ?? 'nats-server';
  await checkNatsVersion(command);
  const configFile = join(folder, 'nats', 'nats-server.conf');
  const storeFolder = join(folder, 'nats', 'store');
  const port = options.port ?? (await rememberedPort(configFile)) ?? (await freePort());
  const serverName = `freehold-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`;
  const render = () =>
    renderNatsConfiguration({
      serverName,
      port,
      storeFolder,
      maxFileBytes: options.maxFileBytes ?? 64 * 1024 ** 3,
      durable: options.durable ?? true,
      accounts: options.accounts,
      publicKey: (account, user) => natsPublicKey(folder, account, user),
    });
  const spec: ServerSpec = {
    name: 'nats',
    command,
    args: ['--config', configFile],
    marker: configFile,
    stopSignal: 'SIGTERM',
    environment: () => memoryEnvironment(options.memoryBytes),
    configure: () => writeIfDifferent(configFile, render()),
    answers: async () => (await greeting(port))?.includes(`"server_name":"${serverName}"`) ?? false,
  };
  return { spec, port };
}

/**
 * The server keeps each subject in memory, and for some seconds every block of a stream that was read. Go's collector lets the heap
 * grow by this share of what lives in it (https://pkg.go.dev/runtime#hdr-Environment_Variables, default 100): half of it costs
 * appends little and gives back what a long read took. A limit, though soft, is only for those who ask for it: once
 * the subjects alone need more, the collector runs without end (400 MiB, a million subjects: half of the appends a second).
 */
const HEAP_GROWTH_PERCENT = 50;

function memoryEnvironment(limitBytes: number | undefined): Record<string, string> {
  return {
    GOGC: `${HEAP_GROWTH_PERCENT}`,
    ...(limitBytes === undefined ? {} : { GOMEMLIMIT: `${limitBytes}` }),
  };
}

export function writeIfDifferent(path: string, text: string): boolean {
  if (readIfThere(path) === text) return false;
  writePrivate(path, text);
  return true;
}

async function rememberedPort(configFile: string): Promise<number | undefined> {
  const match = /^listen: "127\.0\.0\.1:(\d+)"$/m.exec(readIfThere(configFile) ?? '');
  if (match === null) return undefined;
  const port = Number(match[1]);
  const usable = processesWithArgument(configFile).length > 0 || (await portIsFree(port));
  return usable ? port : undefined;
}

/** The INFO line with which a NATS server greets everybody who connects. */
function greeting(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const finish = (answer?: string) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setEncoding('utf8').setTimeout(2_000, () => finish());
    socket.on('error', () => finish());
    socket.on('close', () => finish());
    socket.on('data', (part: string) => {
      text += part;
      if (text.includes('\r\n')) finish(text);
    });
  });
}
