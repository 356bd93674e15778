import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Its name says whose it is: what was left by a run that was killed is removed before the next one (test/setup). */
export const namespaceOf = (machine: string): string => `fht-${process.pid}-${ownStartTime()}-${machine}`;

function ownStartTime(): string {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

/**
 * A machine of its own, as far as the network goes: an address, a link, loopback, and a name server to ask; files and
 * processes are this machine's. Made and removed by `Internet`.
 */
export class Machine {
  readonly namespace: string;

  constructor(
    readonly name: string,
    readonly address: string,
    private readonly resolverFile: string,
  ) {
    this.namespace = namespaceOf(name);
  }

  /** Of its link, also where it is made (wire.py). */
  get device(): string {
    return `fht-${this.name}`;
  }

  /**
   * What a command begins with to run here; it keeps its pid. Not `ip netns exec`, which mounts a new /sys, and with it
   * loses the control groups.
   */
  get prefix(): readonly string[] {
    const shell = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
    const namespaces = ['nsenter', `--net=/run/netns/${this.namespace}`, 'unshare', '--mount'];
    return [...namespaces, 'sh', '-c', shell, this.resolverFile];
  }

  spawn(command: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    const [program = '', ...args] = [...this.prefix, ...command];
    return spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env });
  }

  /** What it says. @throws Error of node:child_process when it fails */
  async run(command: readonly string[]): Promise<string> {
    const [program = '', ...args] = [...this.prefix, ...command];
    return (await run(program, args)).stdout;
  }

  /** Its cable is pulled: nothing comes or goes, and there is no route. */
  async linkDown(): Promise<void> {
    await run('ip', ['-n', this.namespace, 'link', 'set', this.device, 'down']);
  }

  /** It is plugged in again; whoever looks after the network sets the route that went with it. */
  async linkUp(): Promise<void> {
    await run('ip', ['-n', this.namespace, 'link', 'set', this.device, 'up']);
    await run('ip', ['-n', this.namespace, 'route', 'replace', 'default', 'dev', this.device]);
  }

  /** The namespace, with its end of the wire. */
  async connect(wire: string): Promise<void> {
    await run('ip', ['netns', 'add', this.namespace]);
    await run('ip', ['-n', this.namespace, 'link', 'set', 'lo', 'up']);
    await run('ip', ['-n', wire, 'link', 'set', this.device, 'netns', this.namespace]);
    await run('ip', ['-n', this.namespace, 'address', 'add', `${this.address}/32`, 'dev', this.device]);
    await this.linkUp();
  }

  /** With whatever runs in it. At once: also for the end of this Node process. */
  remove(): void {
    removeNamespace(this.namespace);
  }
}

/** Nothing if there is none. */
export function removeNamespace(name: string): void {
  for (const pid of output('ip', ['netns', 'pids', name]).split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // gone meanwhile
    }
  }
  output('ip', ['netns', 'delete', name]);
}

function output(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}
