import { randomUUID } from 'node:crypto';
import { poll } from '../poll.js';
import type { Environment, EnvironmentSpec, RuntimeBackend, UnitSpec, UnitStatus } from '../runtime-backend.js';

/** A fresh host and the programs that the suite needs on it. */
export interface BackendHarness {
  /** A backend on the same host each time: the second is "after a crash" of the first. */
  open(): Promise<RuntimeBackend>;
  readonly commands: {
    /** Prints `ready`, then runs until it is told to stop. */
    forever(): string[];
    /** Like forever, but a stop signal does nothing. */
    stubborn(): string[];
    /** Prints `bye`. */
    exit(code: number): string[];
    /** Prints `line 1` … `line n`, then runs until it is told to stop. */
    lines(count: number): string[];
    /** stdin to stdout, `complaint` to stderr, exits 0. */
    copy(): string[];
    /** That many bytes to stdout, exits 0. */
    flood(bytes: number): string[];
    /** Prints the value of a variable, exits 0. */
    variable(name: string): string[];
    /** Answers HTTP with `here` on the loopback port; prints `ready` when it does. */
    serve(port: number): string[];
    /** Exits 0 if it can connect by TCP, else 1. */
    reach(address: string, port: number): string[];
    /** Sends a datagram; exits 1 if that is refused at once. */
    send(address: string, port: number): string[];
  };
  dispose(): Promise<void>;
}

/** A backend on its host; `reopen`: after a crash. */
export interface Scene {
  readonly backend: () => RuntimeBackend;
  readonly harness: () => BackendHarness;
  readonly reopen: () => Promise<void>;
}

const limits = { memoryBytes: 256 * 1024 * 1024, cpuMillis: 1000, pids: 64, diskBytes: 1024 * 1024 * 1024 };

export function environmentSpec(changes: Partial<EnvironmentSpec> = {}): EnvironmentSpec {
  return { id: randomUUID(), ports: ['http'], folders: ['data'], limits, ...changes };
}

export function unitSpec(command: readonly string[], changes: Partial<UnitSpec> = {}): UnitSpec {
  return { name: 'main', command, environment: {}, stopTimeoutMs: 5_000, ...changes };
}

export async function present(backend: RuntimeBackend): Promise<{ id: string; environment: Environment }> {
  const environment = await backend.create(environmentSpec());
  return { id: environment.id, environment };
}

/** The status once the unit has ended, or as it is after 10 s. */
export async function ended(backend: RuntimeBackend, id: string, unit = 'main'): Promise<UnitStatus> {
  const status = await poll(10_000, async () => {
    const now = await backend.status(id, unit);
    return now.state === 'running' ? undefined : now;
  });
  return status ?? backend.status(id, unit);
}

/** Resolves once the unit has printed the line. */
export async function logged(backend: RuntimeBackend, id: string, line: string, unit = 'main'): Promise<void> {
  const seen = await poll(10_000, async () => {
    return (await Array.fromAsync(backend.logs(id, unit))).includes(line) ? true : undefined;
  });
  if (!seen) throw new Error(`the unit ${unit} did not print "${line}"`);
}

export function digestOf(status: UnitStatus): string | undefined {
  return status.state === 'absent' ? undefined : status.specDigest;
}
