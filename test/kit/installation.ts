/**
 * A whole installation as a newcomer has it: `freehold up`, a real child process, in a fresh folder with ports of its own.
 *
 * Owns the folder and everything that runs in it. Whatever happens, nothing of it outlives this Node process: `stop` ends
 * it in order and complains about leftovers, `await using` and the exit of this process end it by force.
 * `kill` ends only the platform: NATS, PostgreSQL and applications go on, and `restart` finds them.
 *
 *     startInstallation ──▶ serving ──kill──▶ platform down ──restart──▶ serving ──stop──▶ nothing
 */
import { agreeSubscription, issueKey, type OPERATOR_ROLES, registerOperator } from '@freehold/accounts-contract';
import { followProcess, orderDeployment } from '@freehold/deployment-contract';
import type { ProcessRecorded } from '@freehold/kernel';
import type { Position, ReplyOf } from '@freehold/kernel';
import { SeenPositions } from '@freehold/platform/testing';
import { freePort } from '@freehold/supervisor';
import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ensureBuilt } from './clone.js';
import {
  CommandFailed,
  type CommandOptions,
  type CommandResult,
  exitOf,
  runFreehold,
  spawnFreehold,
} from './freehold-command.js';
import { InstallationFolder } from './installation-folder.js';
import { type Call, OperationsClient } from './operations-client.js';
import type { RouterAt } from './router-agent.js';

export interface InstallationOptions {
  /** Where its folder is made. Default: the test run's folder, or the one for temporary files. */
  readonly folder?: string;
  /** Further arguments of `freehold up`. */
  readonly args?: readonly string[];
  /** Of its router. Default: a free one. Two installations may have the same one, as each has an address of its own. */
  readonly routerPort?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** The machine that it runs on (`Machine`), if it is not this one: then commands run there, and `client` reaches nobody. */
  readonly machine?: { readonly prefix: readonly string[] };
  /** How long a start may take. Default 60 s. */
  readonly startTimeoutMs?: number;
  /** Told what `freehold up` prints, as it comes. */
  readonly onOutput?: (text: string) => void;
}

export interface Operator {
  readonly operator: string;
  /** Of its owner. */
  readonly key: string;
  readonly client: OperationsClient;
}

export type Process = z.infer<typeof ProcessRecorded>;

/** The last of what `freehold up` prints when it serves. */
const LAST_LINE = 'Ctrl-C stops it.';

const ProfileFile = z.object({ address: z.string(), key: z.string() });
const InstallationFile = z.object({ address: z.string(), routerPort: z.number(), zone: z.string(), host: z.string() });

export async function startInstallation(options: InstallationOptions = {}): Promise<Installation> {
  await ensureBuilt();
  const folder = InstallationFolder.make(options.folder);
  const ports = { api: await freePort(), router: options.routerPort ?? (await freePort()) };
  const installation = new Installation(folder, options, ports);
  try {
    await installation.restart();
    return installation;
  } catch (error) {
    await folder.destroy();
    throw error;
  }
}

export class Installation implements AsyncDisposable {
  readonly #seen = new SeenPositions();
  #child: ChildProcess | undefined;
  #output = '';

  constructor(
    private readonly place: InstallationFolder,
    private readonly options: InstallationOptions,
    private readonly ports: { readonly api: number; readonly router: number },
  ) {}

  get folder(): string {
    return this.place.path;
  }
  get home(): string {
    return this.place.home;
  }
  /** Of the platform's Node process. */
  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('the platform does not run');
    return this.#child.pid;
  }
  /** Address of the API. */
  get address(): string {
    return this.#profile().address;
  }
  get staffKey(): string {
    return this.#profile().key;
  }
  /** Where names are reached. */
  get router(): RouterAt {
    const { address, routerPort } = this.#facts();
    return { address, port: routerPort };
  }
  /** Where its name server answers, over UDP and TCP: `127.0.0.2:5300`. */
  get nameServer(): string {
    const place = /name server at (\S+)/.exec(this.#output)?.[1];
    if (place === undefined) throw new Error('the installation has no name server');
    return place;
  }
  /** Names of applications end in it. */
  get zone(): string {
    return this.#facts().zone;
  }
  get host(): string {
    return this.#facts().host;
  }
  /** With the staff's first key. */
  get client(): OperationsClient {
    return new OperationsClient(this.address, this.staffKey, this.#seen);
  }
  /** Of the command line, with the staff's first key. */
  get profile(): string {
    return this.place.profile;
  }
  /** What `freehold up` has printed since it was last started. */
  get output(): string {
    return this.#output;
  }

  /** Starts the platform, again after `kill`, and waits until it says that it serves. */
  async restart(): Promise<void> {
    this.#output = '';
    const args = ['up', '--home', this.home, '--port', `${this.ports.api}`, '--router-port', `${this.ports.router}`];
    const child = spawnFreehold([...args, ...(this.options.args ?? [])], this.#commandOptions());
    this.#child = child;
    child.stdin?.end();
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    await this.#serving(child);
  }

  /** Ends the platform alone, at once; resolves when its process is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#running();
    const ended = exitOf(child);
    child.kill(signal);
    await ended;
    this.#child = undefined;
  }

  /**
   * Ctrl-C: the platform ends everything, and nothing of it is left.
   * @throws LeftBehind, or CommandFailed when the platform ended with a failure
   */
  async stop(): Promise<void> {
    const listeners = this.place.listeners();
    const stdout = this.#output;
    const exitCode = this.#child === undefined ? 0 : await this.#end(this.#running());
    await this.place.remove(listeners);
    if (exitCode !== 0)
      throw new CommandFailed(['up'], { exitCode, stdout, stderr: this.#output.slice(stdout.length) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.place.destroy();
  }

  /** A command as a person types it, with the staff's key unless `profile` is another's. */
  freehold(args: readonly string[], options: Partial<CommandOptions> = {}): Promise<CommandResult> {
    return runFreehold(args, { ...this.#commandOptions(), ...options });
  }

  /** @throws CommandFailed unless it ends with 0. */
  async freeholdJson(args: readonly string[], options: Partial<CommandOptions> = {}): Promise<unknown> {
    const result = await this.freehold([...args, '--json'], options);
    if (result.exitCode !== 0) throw new CommandFailed(args, result);
    return JSON.parse(result.stdout);
  }

  async registerOperator({ name = 'Club', plan = 'small', places = 3 } = {}): Promise<Operator> {
    const body = { name, contact: 'contact@club.example' };
    const { id: operator } = await this.client.done(registerOperator, { body });
    await this.client.done(agreeSubscription, { params: { operator }, body: { plan, places } });
    const key = await this.issueKey(operator, 'owner');
    return { operator, key, client: this.client.as(key) };
  }

  async issueKey(operator: string, role: (typeof OPERATOR_ROLES)[number]): Promise<string> {
    const { key } = await this.client.done(issueKey, { params: { operator }, body: { role } });
    return key;
  }

  /** @throws UnexpectedProblem when it is refused at the border. */
  order(
    by: Operator,
    body: NonNullable<Call<typeof orderDeployment>['body']>,
  ): Promise<ReplyOf<typeof orderDeployment>> {
    return by.client.done(orderDeployment, { params: { operator: by.operator }, body });
  }

  /** Follows a process until it has ended or is stuck. */
  async ended(by: Operator, process: string, timeoutMs = 900_000): Promise<Process> {
    const deadline = performance.now() + timeoutMs;
    let after: Position | undefined;
    for (;;) {
      const params = { operator: by.operator, process };
      const { recorded, position } = await by.client.done(followProcess, { params, body: { wait: 10, after } });
      if (recorded.status !== 'running' && recorded.status !== 'undoing') return recorded;
      if (performance.now() > deadline)
        throw new Error(`process ${process} has not ended: ${JSON.stringify(recorded.steps)}`);
      after = position;
    }
  }

  /** Everything that it logs: the platform's, the servers'; by file name. */
  readLogs(): Record<string, string> {
    const folder = join(this.home, 'log');
    return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  }

  #commandOptions(): CommandOptions {
    const { env = {}, machine } = this.options;
    return { profile: this.place.profile, env, ...(machine === undefined ? {} : { prefix: machine.prefix }) };
  }

  #profile(): z.infer<typeof ProfileFile> {
    return ProfileFile.parse(JSON.parse(readFileSync(this.place.profile, 'utf8')));
  }

  #facts(): z.infer<typeof InstallationFile> {
    return InstallationFile.parse(JSON.parse(readFileSync(join(this.home, 'installation.json'), 'utf8')));
  }

  #running(): ChildProcess {
    if (this.#child === undefined) throw new Error('the platform does not run');
    return this.#child;
  }

  #take(text: string): void {
    this.#output += text;
    this.options.onOutput?.(text);
  }

  async #end(child: ChildProcess): Promise<number> {
    const ended = exitOf(child);
    child.kill('SIGINT');
    const exitCode = await ended;
    this.#child = undefined;
    return exitCode;
  }

  async #serving(child: ChildProcess): Promise<void> {
    const ended = new AbortController();
    const failed = (why: string) => new Error(`freehold up ${why}:\n${this.#output}`);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(failed('does not serve in time')), this.options.startTimeoutMs ?? 300_000);
      ended.signal.addEventListener('abort', () => clearTimeout(timer));
      child.stdout?.on('data', () => this.#output.includes(LAST_LINE) && resolve());
      child.once('close', (code) => reject(failed(`ended with ${code ?? 'a signal'}`)));
      child.once('error', reject);
    }).finally(() => ended.abort());
  }
}
