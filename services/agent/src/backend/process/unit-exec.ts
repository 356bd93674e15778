import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { BackendFailure } from '../backend-failure.js';
import { pathParts } from '../backend-input.js';
import { OUTPUT_LIMIT_BYTES } from '../runtime-backend.js';
import type { ExecResult, ExecSpec } from '../runtime-backend.js';
import { enterCommand, type Entrance } from './closed-network.js';
import { environmentPaths } from './environment-record.js';
import type { EnvironmentRecord } from './environment-record.js';
import { UNIT_PATH } from './process-backend.options.js';
import type { ProcessHost } from './process-backend.options.js';
import { bootId, readProcess } from './process-table.js';
import { UNIT_VARIABLE, killAll } from './unit-processes.js';
import { EXIT_NOT_CLOSED } from './unit-shim.js';

/** Waits for a line on file 3, so that it is in its control group before it runs; no line, no run. */
const GATE = 'read -r _ <&3 || exit 126; exec 3<&-; cd "$1" || exit 126; shift; exec "$@"';
/** The same inside a closed network, if it is the one that is meant. */
const CLOSED_GATE = `[ "$(readlink /proc/self/ns/net)" = "$1" ] || exit ${EXIT_NOT_CLOSED}; shift; ${GATE}`;

/**
 * Runs a command as the environment's user, in its limits, bounded in time and output. After it nothing
 * of it runs. If the agent dies meanwhile the command goes on to its end, unwatched.
 * @param entrance into the closed network, if it is to run there
 */
export async function execIn(
  host: ProcessHost,
  record: EnvironmentRecord,
  spec: ExecSpec & { readonly entrance?: Entrance | undefined },
): Promise<ExecResult> {
  const unit = `exec-${randomUUID().slice(0, 8)}`;
  const files = environmentPaths(host.environments, record.id).files;
  const folder = join(files, ...pathParts(spec.workingFolder ?? ''));
  const [program = '', ...args] = gated(record, spec.entrance, [folder, ...spec.command]);
  const child = spawn(program, args, {
    detached: true,
    cwd: '/',
    env: { HOME: files, PATH: UNIT_PATH, ...spec.environment, [UNIT_VARIABLE]: `${record.id}/${unit}` },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    ...(record.ownUser && spec.entrance === undefined ? record.user : {}),
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) => reject(notStarted(cause)));
  });
  const first = await identityOf(child);
  const scope = { record, cgroups: host.cgroups, unit, first };
  const output = [new Bounded(child.stdout), new Bounded(child.stderr)] as const;
  const ended = new Promise<number>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? 128 + signalNumber(signal)));
  });
  const run = async () => {
    try {
      for (const file of await host.cgroups.join(record.id, unit)) await writeFile(file, String(child.pid));
      feed(child.stdio[3] as Writable, '\n');
      feed(child.stdin, spec.stdin ?? '');
      return await withinTime(ended, spec.timeoutMs);
    } finally {
      await killAll(scope);
    }
  };
  try {
    const exitCode = await run();
    await Promise.all(output.map(({ closed }) => closed));
    return { exitCode, stdout: output[0].text, stderr: output[1].text, truncated: output.some((one) => one.truncated) };
  } finally {
    await host.cgroups.removeUnit(record.id, unit);
  }
}

/** Only who is not yet the environment's user may enter the namespace. */
function gated({ ownUser, user }: EnvironmentRecord, entrance: Entrance | undefined, args: string[]): string[] {
  if (entrance === undefined) return ['/bin/sh', '-c', GATE, 'sh', ...args];
  const { uid, gid } = user;
  const drop = ['setpriv', '--reuid', `${uid}`, '--regid', `${gid}`, '--clear-groups', '--no-new-privs', '--'];
  const gate = ['/bin/sh', '-c', CLOSED_GATE, 'sh', entrance.net, ...args];
  return [...enterCommand(entrance), ...(ownUser ? drop : []), ...gate];
}

/** Keeps the beginning of a stream and reads the rest away. */
class Bounded {
  readonly #chunks: Buffer[] = [];
  #size = 0;
  truncated = false;
  readonly closed: Promise<void>;

  constructor(stream: Readable | null) {
    this.closed = new Promise((resolve) => (stream === null ? resolve() : stream.once('close', resolve)));
    stream?.on('data', (chunk: Buffer) => {
      const room = OUTPUT_LIMIT_BYTES - this.#size;
      if (chunk.length > room) this.truncated = true;
      if (room > 0) this.#chunks.push(chunk.subarray(0, room));
      this.#size += Math.min(room, chunk.length);
    });
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}

/** The child may close its end at any moment; that is its right. */
function feed(stream: Writable | null, content: string | Uint8Array): void {
  stream?.on('error', () => undefined);
  stream?.end(content);
}

async function identityOf(child: ChildProcess): Promise<{ pid: number; startTime: string; boot: string } | undefined> {
  const entry = child.pid === undefined ? undefined : await readProcess(child.pid);
  return entry && { pid: entry.pid, startTime: entry.startTime, boot: bootId() };
}

async function withinTime(ended: Promise<number>, timeoutMs: number): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timedOut(timeoutMs)), timeoutMs);
  });
  try {
    return await Promise.race([ended, late]);
  } finally {
    clearTimeout(timer);
  }
}

function timedOut(timeoutMs: number): BackendFailure {
  return new BackendFailure('exec-timed-out', 'the command took too long and was ended', {
    hint: 'see why it waits, or allow it more time',
    values: { timeoutMs },
  });
}

function notStarted(cause: unknown): BackendFailure {
  return new BackendFailure('exec-not-started', 'the command could not be started', {
    hint: 'see the cause; the host may be out of processes or memory',
    cause,
  });
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === null ? 0 : constants.signals[signal];
}
