/**
 * Read models are built in a Node process of their own (docs/adr/0043), which is there as long as something is being built:
 *
 *     none ──first build──▶ running ──last one has ended, or was aborted──▶ none
 *                              └── ends by itself: its builds have failed, and are tried again by whoever asked
 *
 * All contexts of this process build in the same one, and share its passes over the log. It decides nothing and owns nothing:
 * a build is one transaction, which ends with its connection, so it may be killed at any moment, and is when it is not needed.
 */
import { parsePosition } from '@freehold/kernel';
import {
  BuildFailed,
  type BuildEdition,
  buildEdition,
  type BuildOutcome,
  type EditionBuild,
} from '@freehold/projection';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { BuildOrder, FromBuilder, ToBuilder } from './build-messages.js';

/** A large young generation: what is read from the log is garbage at once. In MiB. */
const FLAGS = ['--max-semi-space-size=32', '--max-old-space-size=256'];
/** Folded sooner than a process starts. */
const FEW_COMMITS = 5_000;
/** Who asks and commands goes first. */
const NICENESS = 10;
const TOLD_CHARACTERS = 2_000;

interface Build {
  readonly given: EditionBuild;
  readonly resolve: (outcome: BuildOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/** A context's part of what is sent: the module that exports its `views`, and how it reads the log. */
export type BuiltFrom = Pick<BuildOrder, 'module' | 'nats'>;

export class BuildProcess {
  readonly #builds = new Map<number, Build>();
  #child: ChildProcess | undefined;
  #count = 0;

  /** @param file what the process runs. */
  constructor(private readonly file: URL) {}

  /** How the editions of a context are built: here, while the log is short. */
  of(from: BuiltFrom): BuildEdition {
    return async (given) => {
      const { volume, sequence } = parsePosition(await given.log.head());
      return volume === 1 && sequence < FEW_COMMITS ? buildEdition(given) : this.#build(given, from);
    };
  }

  async #build(given: EditionBuild, from: BuiltFrom): Promise<BuildOutcome> {
    const { views, connection, replacing, rowsInMemory, signal } = given;
    signal.throwIfAborted();
    const { schema, signature, statements } = views;
    const names = views.views.map(({ projection }) => projection.name);
    const order = { ...from, names, tables: { schema, signature, statements }, connection, replacing, rowsInMemory };
    this.#count += 1;
    const build = this.#count;
    const { promise, resolve, reject } = Promise.withResolvers<BuildOutcome>();
    this.#builds.set(build, { given, resolve, reject });
    const abort = (): void => {
      this.#tell({ kind: 'abort', build });
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort);
    this.#tell({ kind: 'build', build, order });
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', abort);
      this.#builds.delete(build);
      if (this.#builds.size === 0) await this.#end();
    }
  }

  #tell(message: ToBuilder): void {
    this.#child ??= this.#start();
    // What cannot be sent fails with the process.
    this.#child.send(message, () => undefined);
  }

  #start(): ChildProcess {
    const child = fork(fileURLToPath(this.file), { execArgv: FLAGS, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    let told = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (told = `${told}${text}`.slice(-TOLD_CHARACTERS)));
    child.on('message', (message: FromBuilder) => this.#heard(message));
    child.on('error', (cause) => this.#lost(child, new Error('read models cannot be built', { cause })));
    child.on('exit', (code, by) => {
      this.#lost(child, new Error(`the process that builds read models ended with ${code ?? by}: ${told}`));
    });
    if (child.pid !== undefined) setPriority(child.pid, NICENESS);
    return child;
  }

  #heard(message: FromBuilder): void {
    const build = this.#builds.get(message.build);
    if (message.kind === 'reached') build?.given.onPosition(message.position);
    else if (message.kind === 'ended') build?.resolve(message.outcome);
    else build?.reject(new BuildFailed(message.reason, message.isFinal));
  }

  #lost(child: ChildProcess, error: Error): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    for (const { reject } of this.#builds.values()) reject(error);
  }

  /** Nothing is left of it when this resolves. */
  async #end(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
}
