import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from './eventually.js';
import { tailOf } from './log-tail.js';
import { endProcess, isAlive, processesWithArgument, processStartTime, type ProcessIdentity } from './os-process.js';
import { writePrivate } from './private-file.js';
import { readIdentity } from './process-record.js';

/** One server that a keeper can start, recognise and stop. */
export interface ServerSpec {
  readonly name: 'nats' | 'postgres';
  readonly command: string;
  readonly args: readonly string[];
  /** The argument by which a running server of this folder is recognised among all processes. */
  readonly marker: string;
  readonly stopSignal: NodeJS.Signals;
  readonly runAs?: { readonly uid: number; readonly gid: number } | undefined;
  /** Variables beside those that every server has, asked for at each start. Nothing secret: other users may read them. */
  environment?(): Readonly<Record<string, string>>;
  /** Brings the configuration files up to date; true when they were different, so that a running server is out of date. */
  configure(): boolean;
  /** Whether our server answers. */
  answers(): Promise<boolean>;
}

export interface ServerStatus {
  readonly name: string;
  readonly state: 'running' | 'restarting' | 'stopped';
  readonly pid: number | undefined;
  readonly adopted: boolean;
  readonly restarts: number;
}

export interface KeeperPaths {
  readonly record: string;
  readonly log: string;
}

const firstBackoffMs = 100;
const longestBackoffMs = 10_000;
const steadyAfterMs = 30_000;
// What a server recovers after a crash can take minutes; ended meanwhile, it would begin again.
const startDeadlineMs = 600_000;
const adoptionDeadlineMs = 60_000;
const pausesAfterCrashMs: readonly number[] = [100, 200, 400, 800, 1_600, 3_200];
const logRotatesAtBytes = 16 * 1024 * 1024;

class EndedAtOnce extends Error {}

/** Keeps one server running: adopts it if it runs, starts it if not, starts it again when it dies. */
export class ServerKeeper {
  private server: ProcessIdentity | undefined;
  private adopted = false;
  private restarts = 0;
  private backoffMs = firstBackoffMs;
  private startedAt = 0;
  private letGo = false;
  private recovery: Promise<void> | undefined;
  private watch: NodeJS.Timeout | undefined;

  constructor(
    private readonly spec: ServerSpec,
    private readonly paths: KeeperPaths,
    private readonly say: (line: string) => void,
  ) {}

  async start(): Promise<void> {
    const running = this.findRunning();
    const outOfDate = this.spec.configure();
    if (running !== undefined && !outOfDate && (await this.adopt(running))) {
      this.say(`${this.spec.name}: adopted, process ${running.pid}`);
    } else {
      if (running !== undefined) {
        this.say(`${this.spec.name}: process ${running.pid} is out of date or does not answer, starting it again`);
        await endProcess(running, this.spec.stopSignal);
      }
      await this.launchPatiently();
      this.say(`${this.spec.name}: started, process ${this.server?.pid}`);
    }
    this.watch = setInterval(() => this.look(), 200).unref();
  }

  /** Stops the server in order. After a crash in here, the next start adopts or restarts what is left. */
  async stop(): Promise<void> {
    await this.leave();
    const running = this.findRunning();
    if (running !== undefined) await endProcess(running, this.spec.stopSignal);
    this.server = undefined;
    rmSync(this.paths.record, { force: true });
  }

  /** Stops looking after the server, which goes on. */
  async leave(): Promise<void> {
    this.letGo = true;
    clearInterval(this.watch);
    await this.recovery;
  }

  status(): ServerStatus {
    const alive = this.server !== undefined && isAlive(this.server);
    const state = alive ? 'running' : this.letGo ? 'stopped' : 'restarting';
    const { adopted, restarts } = this;
    return { name: this.spec.name, state, pid: alive ? this.server?.pid : undefined, adopted, restarts };
  }

  /** By record; if that was lost between start and record, by its arguments. */
  private findRunning(): ProcessIdentity | undefined {
    const recorded = readIdentity(this.paths.record);
    if (recorded !== undefined && isAlive(recorded)) return recorded;
    return processesWithArgument(this.spec.marker)[0];
  }

  private async adopt(running: ProcessIdentity): Promise<boolean> {
    const answers = () => !isAlive(running) || this.spec.answers();
    if (!(await eventually(answers, { timeoutMs: adoptionDeadlineMs })) || !isAlive(running)) return false;
    this.remember(running);
    this.adopted = true;
    return true;
  }

  /**
   * After a crash of everything, what was killed may hold its locks for a moment: a server that nobody has reaped yet, or
   * its children. A server that was never there, or was stopped in order, fails at once.
   */
  private async launchPatiently(): Promise<void> {
    let pauses = readIdentity(this.paths.record) === undefined ? [] : pausesAfterCrashMs;
    for (;;) {
      try {
        return await this.launch();
      } catch (error) {
        const [pauseMs, ...rest] = pauses;
        if (pauseMs === undefined || !(error instanceof EndedAtOnce)) throw error;
        this.say(`${this.spec.name}: ended at once, as after a crash; trying again`);
        await pause(pauseMs);
        pauses = rest;
      }
    }
  }

  private async launch(): Promise<void> {
    const server = this.spawnServer();
    this.remember(server);
    this.adopted = false;
    const settled = () => this.letGo || !isAlive(server) || this.spec.answers();
    const answered = await eventually(settled, { timeoutMs: startDeadlineMs, intervalMs: 20 });
    if (answered && isAlive(server)) return;
    const { name, stopSignal } = this.spec;
    const why = `its log ${this.paths.log} ends with:\n${tailOf(this.paths.log)}`;
    if (answered) throw new EndedAtOnce(`${name} ended at once; ${why}`);
    await endProcess(server, stopSignal);
    throw new Error(`${name} did not answer within ${startDeadlineMs / 1000} s; ${why}`);
  }

  /** Detached and writing to a file, so that it survives this Node process. Its environment holds nothing of ours but what the spec says. */
  private spawnServer(): ProcessIdentity {
    const { spec, paths } = this;
    mkdirSync(dirname(paths.log), { recursive: true, mode: 0o700 });
    if ((statSync(paths.log, { throwIfNoEntry: false })?.size ?? 0) > logRotatesAtBytes)
      renameSync(paths.log, `${paths.log}.1`);
    const log = openSync(paths.log, 'a', 0o600);
    try {
      const child = spawn(spec.command, [...spec.args], {
        detached: true,
        cwd: '/',
        stdio: ['ignore', log, log],
        env: { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C', TZ: 'UTC', ...spec.environment?.() },
        ...spec.runAs,
      });
      child.on('error', (error) => this.say(`${spec.name}: cannot start ${spec.command}: ${error.message}`));
      child.on('exit', () => this.look());
      child.unref();
      if (child.pid === undefined) throw new Error(`${spec.name}: ${spec.command} cannot be started`);
      return { pid: child.pid, startTime: processStartTime(child.pid) ?? 0 };
    } finally {
      closeSync(log);
    }
  }

  private remember(server: ProcessIdentity): void {
    this.server = server;
    this.startedAt = performance.now();
    writePrivate(this.paths.record, JSON.stringify(server));
  }

  private look(): void {
    if (this.letGo || this.recovery !== undefined || this.watch === undefined) return;
    if (this.server !== undefined && isAlive(this.server)) return;
    this.recovery = this.recover().finally(() => (this.recovery = undefined));
  }

  private async recover(): Promise<void> {
    if (performance.now() - this.startedAt > steadyAfterMs) this.backoffMs = firstBackoffMs;
    this.say(`${this.spec.name}: process ${this.server?.pid} is gone, starting it again`);
    while (!this.letGo) {
      await pause(this.backoffMs, undefined, { ref: false });
      this.backoffMs = Math.min(this.backoffMs * 2, longestBackoffMs);
      if (this.letGo) return;
      try {
        await this.launch();
        this.restarts += 1;
        this.say(`${this.spec.name}: runs again, process ${this.server?.pid}`);
        return;
      } catch (error) {
        this.say(`${error instanceof Error ? error.message : String(error)}; trying again`);
      }
    }
  }
}
