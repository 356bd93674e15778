import type { EnvironmentLimits, Environment, Installed, UnitSpec } from '../runtime-backend.js';
import { unitSpecDigest } from '../backend-input.js';
import type { MemoryNetwork } from './memory-network.js';

/** What a program in memory sees of its surroundings. */
export interface MemoryRun {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin: string;
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
  /** Aborted by a stop signal; a program may ignore it until it is killed. */
  readonly stopping: AbortSignal;
  readonly network: MemoryNetwork;
}

/** Resolves with the exit code. */
export type MemoryProgram = (run: MemoryRun) => Promise<number>;

export interface MemoryFile {
  readonly content: Uint8Array;
  readonly mode: number;
}

export interface MemoryEnvironment {
  readonly environment: Environment;
  limits: EnvironmentLimits;
  readonly folders: Set<string>;
  readonly files: Map<string, MemoryFile>;
  readonly units: Map<string, MemoryUnit>;
  /** Of its own while the environment is closed. */
  network: MemoryNetwork;
}

/** The state of one host in memory. It outlives its backends, as a real host does. */
export class MemoryHost {
  readonly environments = new Map<string, MemoryEnvironment>();
  readonly releases = new Map<string, { readonly requirements: string; readonly installed: Promise<Installed> }>();
  #lastNumber = 1000;

  /** @param programs by the first word of a command */
  constructor(readonly programs: Readonly<Record<string, MemoryProgram>>) {}

  /** Pids, ports, user ids: never twice. */
  nextNumber(): number {
    return ++this.#lastNumber;
  }
}

/** One unit: at most one run of its program at a time. */
export class MemoryUnit {
  readonly log: string[] = [];
  readonly pid: number;
  readonly since = new Date().toISOString();
  readonly specDigest: string;
  exit: { readonly exitCode: number; readonly at: string } | undefined;
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  #kill: (exitCode: number) => void = () => undefined;

  constructor(
    host: MemoryHost,
    readonly spec: UnitSpec,
    { earlier, network }: { readonly earlier: readonly string[]; readonly network: MemoryNetwork },
  ) {
    this.log.push(...earlier);
    this.pid = host.nextNumber();
    this.specDigest = unitSpecDigest(spec);
    const killed = new Promise<number>((resolve) => (this.#kill = resolve));
    const write = (text: string) => void this.log.push(...text.split('\n').filter((line) => line !== ''));
    const program = host.programs[spec.command[0] ?? ''] ?? (async () => 127);
    const run = program({
      args: spec.command.slice(1),
      environment: spec.environment,
      stdin: '',
      print: write,
      complain: write,
      stopping: this.#stopping.signal,
      network,
    });
    this.#ended = Promise.race([run, killed]).then((exitCode) => {
      this.exit = { exitCode, at: new Date().toISOString() };
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const timer = setTimeout(() => this.#kill(137), this.spec.stopTimeoutMs);
    await this.#ended;
    clearTimeout(timer);
  }
}
