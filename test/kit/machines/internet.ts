/**
 * Machines in network namespaces, and what lies between them: delay, loss, a limited rate, a name server. Nothing leads
 * out of it: addresses that are public in the world are only ours in here, so that providers judge them as they do
 * outside.
 *
 *     old ── tun ──┐                    ┌── tun ── new
 *                  wire.py (delay, loss, rate)
 *                  └── tun ── home: unbound, people's programs
 *
 * Whatever happens, namespaces go with this Node process: on disposal, at its end, or, where it was killed, before the
 * next run (test/setup/namespaces.mjs).
 */
import { systemEnvironment } from '@freehold/platform';
import { type ChildProcess, execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { clone } from '../clone.js';
import { Machine, namespaceOf, removeNamespace } from './machine.js';
import { saying } from './saying.js';
import { TestAuthority } from './test-authority.js';
import { resolverConfiguration, type Zones } from './resolver.js';

const run = promisify(execFile);

export interface Conditions {
  /** One way. */
  readonly delayMs: number;
  readonly lossPercent: number;
  /** Of each machine, outwards; null: unlimited. */
  readonly rateMbit: number | null;
}
export const CALM: Conditions = { delayMs: 50, lossPercent: 0, rateMbit: null };

/** The United States' Department of Defense has 11.0.0.0/8 and announces none of these; to a policy they are public. */
const HOME = '11.22.33.53';

export class Internet implements AsyncDisposable {
  readonly #machines: Machine[] = [];
  readonly #programs: ChildProcess[] = [];
  #wire: ChildProcess | undefined;

  private constructor(
    readonly folder: string,
    readonly authority: TestAuthority,
  ) {
    process.once('exit', this.#removeAll);
  }

  /** @param places machines and their addresses; `home` is added, where people and the name server are. */
  static async start(places: Readonly<Record<string, string>>, zones: Zones): Promise<Internet> {
    const folder = mkdtempSync(join(realpathSync(systemEnvironment()['FREEHOLD_TEST_GROUND'] ?? tmpdir()), 'net-'));
    chmodSync(folder, 0o755);
    const internet = new Internet(folder, await TestAuthority.make(folder));
    try {
      await internet.#connect({ ...places, home: HOME });
      await internet.#answerNames(zones);
      return internet;
    } catch (error) {
      await internet[Symbol.asyncDispose]();
      throw error;
    }
  }

  machine(name: string): Machine {
    const found = this.#machines.find((each) => each.name === name);
    if (found === undefined) throw new Error(`there is no machine ${name}`);
    return found;
  }

  /** From now on, for what comes from now on. Answers how many packets came to their goal so far. */
  async set(conditions: Partial<Conditions>): Promise<number> {
    const wire = this.#wire;
    if (wire === undefined) throw new Error('there is no wire');
    const answered = saying(wire, /^\{.*\}$/m);
    wire.stdin?.write(`${JSON.stringify(conditions)}\n`);
    return z.object({ handedOn: z.number() }).parse(JSON.parse(await answered)).handedOn;
  }

  packets(): Promise<number> {
    return this.set({});
  }

  /** A program that runs until the end, and has said that it is ready. */
  async serve(machine: Machine, command: readonly string[], ready: RegExp): Promise<ChildProcess> {
    const program = machine.spawn(command, systemEnvironment());
    this.#programs.push(program);
    await saying(program, ready);
    return program;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#removeAll();
    process.off('exit', this.#removeAll);
  }

  async #connect(places: Readonly<Record<string, string>>): Promise<void> {
    const resolverFile = join(this.folder, 'resolv.conf');
    writeFileSync(resolverFile, `nameserver ${HOME}\noptions timeout:2 attempts:3\n`);
    const between = namespaceOf('between');
    await run('ip', ['netns', 'add', between]);
    for (const [name, address] of Object.entries(places)) this.#machines.push(new Machine(name, address, resolverFile));
    const ends = this.#machines.map(({ device, address }) => `${device}=${address}`);
    const wire = ['python3', join(clone, 'test', 'kit', 'machines', 'wire.py'), ...ends];
    this.#wire = await this.serve(new Machine('between', '', resolverFile), wire, /^ready$/m);
    for (const machine of this.#machines) await machine.connect(between);
    await this.set(CALM);
  }

  async #answerNames(zones: Zones): Promise<void> {
    const file = join(this.folder, 'unbound.conf');
    writeFileSync(file, resolverConfiguration({ folder: this.folder, address: HOME, zones }));
    await this.serve(this.machine('home'), ['unbound', '-d', '-c', file], /start of service/);
  }

  readonly #removeAll = (): void => {
    for (const program of this.#programs) program.kill('SIGKILL');
    for (const { namespace } of this.#machines) removeNamespace(namespace);
    removeNamespace(namespaceOf('between'));
    rmSync(this.folder, { recursive: true, force: true });
  };
}
