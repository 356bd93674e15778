import { MACHINE_CLAIMS } from '@freehold/agent';
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually, testGroundConfiguration } from '@freehold/supervisor/testing';

const clone = fileURLToPath(new URL('../../../../', import.meta.url));
const main = join(clone, 'services', 'freehold', 'dist', 'main.js');

/** What a command answered. */
export interface Ended {
  code: number;
  out: string;
  err: string;
}

/** The executable is tested as people run it, so it is built first; nothing is done when it is built already. */
export function build(): void {
  const compiler = join(clone, 'node_modules', '@typescript', 'native', 'bin', 'tsc');
  execFileSync(process.execPath, [compiler, '-b', join(clone, 'services', 'freehold')], { cwd: clone });
}

/** A fresh folder with an installation of its own, on free ports, and the command line for it. */
export class InstallationProcess {
  readonly folder = mkdtempSync(join(tmpdir(), 'freehold-up-'));
  readonly home = join(this.folder, 'home');
  readonly profile = join(this.folder, 'profile.json');
  #child: ChildProcess | undefined;
  #output = '';

  constructor(private readonly ports: { api: number; router: number }) {
    execFileSync('chmod', ['711', this.folder]);
  }

  get output(): string {
    return this.#output;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Resolves when it says that it serves. */
  async up(...options: string[]): Promise<void> {
    await this.upUntil('Ctrl-C stops it.', ...options);
  }

  /** Resolves when it has said this. */
  async upUntil(said: string, ...options: string[]): Promise<void> {
    this.#output = '';
    const { api, router } = this.ports;
    const args = ['up', '--home', this.home, '--port', `${api}`, '--router-port', `${router}`, ...options];
    const child = spawn(process.execPath, [main, ...args], {
      env: this.#environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => void (this.#output += String(part)));
    this.#child = child;
    await eventually(
      () => {
        if (child.exitCode !== null) throw new Error(`up ended with ${child.exitCode}:\n${this.#output}`);
        return this.#output.includes(said);
      },
      { timeoutMs: 300_000 },
    );
  }

  /** Sends the signal and resolves with the exit code; null when a signal ended it. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    child.kill(signal);
    return ended;
  }

  run(...args: string[]): Promise<Ended> {
    return new Promise((resolve) => {
      execFile(process.execPath, [main, ...args], { env: this.#environment() }, (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code), out, err });
      });
    });
  }

  /** OS processes that have this installation's folder in their arguments. */
  processes(): string[] {
    return readdirSync('/proc')
      .filter((pid) => /^\d+$/.test(pid) && argumentsOf(pid).includes(this.home))
      .map((pid) => `${pid} ${argumentsOf(pid)}`);
  }

  async dispose(): Promise<void> {
    await this.end('SIGINT');
    for (const line of this.processes()) process.kill(Number(line.split(' ')[0]), 'SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
    this.#removeClaims();
  }

  /** What root's installations have claimed on this machine names the record that justifies it. */
  #removeClaims(): void {
    for (const name of existsSync(MACHINE_CLAIMS) ? readdirSync(MACHINE_CLAIMS) : []) {
      const claim = join(MACHINE_CLAIMS, name);
      if (textIn(claim).startsWith(`${this.folder}/`)) rmSync(claim, { force: true });
    }
  }

  #environment(): NodeJS.ProcessEnv {
    const { natsServer } = testGroundConfiguration();
    return {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: this.folder,
      FREEHOLD_PROFILE: this.profile,
      ...(natsServer === undefined ? {} : { FREEHOLD_NATS_SERVER: natsServer }),
    };
  }
}

const argumentsOf = (pid: string): string => textIn(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');

/** Of a file that may go away at any moment. */
function textIn(file: string): string {
  try {
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  } catch {
    return '';
  }
}
