/**
 * The network namespace (network_namespaces(7)) of an environment that is closed: loopback and nothing else.
 *
 *     unshare ──▶ shim `hold` ──lo up, record──▶ sleep      its units and commands enter by nsenter; probes by Dialer
 *
 * Owns: the folder `network` of an environment. While it is there the environment is closed. An ordinary user makes the
 * namespace inside a user namespace of its own, with the same user inside. Unix sockets in the file system know no network
 * namespace: as root those through which the host resolves names or takes messages are hidden by a mount namespace; an
 * ordinary user cannot hide them.
 * On a crash: the holder goes on and is found by pid and start time, as units are; if it died, its units hold the namespace.
 */
import { spawn } from 'node:child_process';
import { mkdir, open, readFile, readlink, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BackendFailure } from '../backend-failure.js';
import { poll } from '../poll.js';
import { isLocked } from './file-lock.js';
import { UNIT_PATH } from './process-backend.options.js';
import { isAlive, signalProcess } from './process-table.js';
import type { ProcessIdentity } from './process-table.js';
import { readIdentity } from './unit-record.js';
import { EXIT_RUNS_ALREADY } from './unit-shim.js';

/** A process in the namespace, and the namespace's name as proc(5) says it: whoever enters checks that it is this one. */
export interface Entrance {
  readonly pid: number;
  /** `net:[4026532178]`. */
  readonly net: string;
}

const MAKE_TIMEOUT_MS = 10_000;
const isRoot = (): boolean => process.geteuid?.() === 0;

/** Options of unshare(1) that make a namespace; its first process brings loopback up, and is a user again afterwards. */
export const making = (): string[] =>
  isRoot() ? ['--mount', '--propagation', 'slave', '--net'] : ['--user', '--map-current-user', '--keep-caps', '--net'];

/** Options of nsenter(1) besides the target. */
export const entering = (): string[] =>
  isRoot() ? ['--mount', '--net'] : ['--user', '--preserve-credentials', '--net'];

/** The beginning of a command that is to run inside. */
export const enterCommand = ({ pid }: Entrance): string[] => ['nsenter', '-t', String(pid), ...entering(), '--'];

export class ClosedNetwork {
  /** @param lifeS how long the holder lives at most; default: until it is let go */
  constructor(
    private readonly folder: string,
    private readonly shim: string,
    private readonly lifeS = 'infinity',
  ) {}

  /** Whether what runs next without saying how must run closed. */
  async isClosed(): Promise<boolean> {
    return stat(this.folder).then(
      () => true,
      () => false,
    );
  }

  async close(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
  }

  /** @param insiders units of the namespace, through whom it can be entered if its holder is gone */
  async find(insiders: readonly ProcessIdentity[]): Promise<Entrance | undefined> {
    const net = (await readFile(join(this.folder, 'net'), 'utf8').catch(() => '')).trim();
    if (net === '') return undefined;
    const holder = await readIdentity(this.folder, 'holder.pid');
    for (const one of holder === undefined ? insiders : [holder, ...insiders]) {
      if ((await isAlive(one)) && (await namespaceOf(one.pid)) === net) return { pid: one.pid, net };
    }
    return undefined;
  }

  /** @throws BackendFailure `closing-not-possible` */
  async need(insiders: readonly ProcessIdentity[]): Promise<Entrance> {
    const found = await this.find(insiders);
    if (found !== undefined) return found;
    await this.close();
    const ended = await this.#hold();
    const made = await poll(MAKE_TIMEOUT_MS, async () => {
      const code = ended.value;
      const entrance = await this.find([]);
      if (entrance !== undefined) return entrance;
      return code === undefined || code === EXIT_RUNS_ALREADY ? undefined : ('failed' as const);
    });
    if (made !== undefined && made !== 'failed') return made;
    throw notPossible(await readFile(join(this.folder, 'log'), 'utf8').catch(() => ''));
  }

  /** The holder ends; the namespace goes with its last process. The environment stays closed. */
  async letGo(): Promise<void> {
    if (!(await this.isClosed())) return;
    await poll(MAKE_TIMEOUT_MS, async () => {
      const holder = await readIdentity(this.folder, 'holder.pid');
      if (holder !== undefined) await signalProcess(holder, 'SIGKILL');
      return (await isLocked(join(this.folder, 'lock'))) ? undefined : true;
    });
  }

  /** Nothing runs closed any more, and what starts next may be open. */
  async remove(): Promise<void> {
    await this.letGo();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #hold(): Promise<{ value: number | undefined }> {
    const ended: { value: number | undefined } = { value: undefined };
    await using log = await open(join(this.folder, 'log'), 'w', 0o600);
    const holding = ['/bin/sh', this.shim, 'hold', this.folder, this.lifeS];
    const args = [...making(), '--', ...holding];
    const holder = spawn('unshare', args, {
      detached: true,
      cwd: this.folder,
      env: { PATH: UNIT_PATH },
      stdio: ['ignore', log.fd, log.fd],
    });
    holder.once('error', () => (ended.value = 127));
    holder.once('exit', (code) => (ended.value = code ?? 70));
    holder.unref();
    return ended;
  }
}

const namespaceOf = (pid: number): Promise<string> => readlink(`/proc/${pid}/ns/net`).catch(() => '');

function notPossible(said: string): BackendFailure {
  return new BackendFailure('closing-not-possible', 'this host cannot close an environment to the network', {
    hint: 'install util-linux 2.35 or later and iproute2; let the agent’s user make user namespaces, or run it as root',
    values: { said: said.trim().slice(0, 500) },
  });
}
