/**
 * The port through which an agent makes environments and runs units on its host.
 *
 * Owns: what exists on this host. Only the agent's reconciler calls start and stop.
 * Invariants: creating twice is the same environment, destroying what is gone succeeds, a unit runs at
 * most once, observing tells *absent* from *cannot say*, a path never leaves its environment. What is wanted closed runs
 * closed or not at all: an environment is closed from the first unit or command that is, until a unit starts open. A unit
 * that needs no network is the same closed and open, and goes on when the others change.
 * On a crash of the agent: units go on; a new adapter on the same folder finds them again.
 *
 *     absent ──create──▶ present ──start──▶ running ──exit, stop──▶ exited ──start──▶ running
 *        ▲                  │                                          │
 *        └─────destroy──────┴──────────────────────────────────────────┘
 *
 * Every failure is a BackendFailure (backend-failure.ts) with a code, a hint and its cause. Each adapter
 * passes conformance/runtime-backend.conformance.ts.
 */

import type { Socket } from 'node:net';

/** A release as it has to be installed. */
export interface PreparedRelease {
  /** sha256, 64 hex digits, of package and release: the name of the folder. */
  readonly digest: string;
  readonly kind: 'python';
  /** pip's requirements text; every line with a hash. */
  readonly requirements: string;
  /** Lowest interpreter that will do, for example `>=3.10`. Default: any 3. */
  readonly python?: string;
}

export interface Installed {
  readonly digest: string;
  /** Absolute; readable, never writable, by every environment. */
  readonly folder: string;
  /** Absolute path of the release's interpreter. */
  readonly python: string;
  /** For example `3.11.2`. */
  readonly pythonVersion: string;
}

export interface PrepareProgress {
  readonly phase: 'present' | 'interpreter' | 'folder' | 'packages' | 'check';
  readonly message: string;
}

export interface EnvironmentLimits {
  readonly memoryBytes: number;
  /** Thousandths of one processor. */
  readonly cpuMillis: number;
  readonly pids: number;
  readonly diskBytes: number;
}

export interface EnvironmentSpec {
  /** A uuid. */
  readonly id: string;
  /** Names of the ports it needs; numbers are the backend's choice and are kept. */
  readonly ports: readonly string[];
  /** Folders, relative to the environment's own, that exist after create. */
  readonly folders: readonly string[];
  readonly limits: EnvironmentLimits;
}

export interface Environment {
  readonly id: string;
  /** Absolute; owned by the environment's user, mode 0700. */
  readonly folder: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly user: { readonly uid: number; readonly gid: number };
}

export interface UnitSpec {
  /** Lower-case letters, digits and `-`, at most 40. */
  readonly name: string;
  /** Program (absolute) and arguments. Never a secret: everybody on the host can read them. */
  readonly command: readonly string[];
  /** Relative to the environment's folder. Default: that folder. */
  readonly workingFolder?: string;
  /** Everything the unit sees besides HOME, PATH and FREEHOLD_UNIT. Never a secret. */
  readonly environment: Readonly<Record<string, string>>;
  /** Default SIGTERM. */
  readonly stopSignal?: 'SIGTERM' | 'SIGINT';
  /** After this long the whole unit is killed. */
  readonly stopTimeoutMs: number;
  /** `none`: runs in a network of its own, loopback only, reached by nobody; where a host cannot close, in the host's. Default `host`. */
  readonly network?: 'host' | 'none';
  /** Runs in the environment's closed network: loopback only, reached by nobody but `dial`. Default false. */
  readonly closed?: boolean;
}

export type UnitStatus =
  | {
      readonly state: 'running';
      readonly pid: number;
      /** Clock ticks after boot, as the kernel says it: with the pid it names one OS process for ever. */
      readonly startTime: string;
      /** ISO 8601. */
      readonly since: string;
      /** unitSpecDigest of what was started. */
      readonly specDigest: string;
    }
  | {
      readonly state: 'exited';
      /** 128 + n for signal n; null when nobody was there to see it (the host went down). */
      readonly exitCode: number | null;
      readonly at: string;
      readonly specDigest: string;
    }
  | { readonly state: 'absent' };

export type ObservedEnvironment =
  | {
      readonly state: 'present';
      readonly id: string;
      readonly environment: Environment;
      readonly units: Readonly<Record<string, UnitStatus>>;
    }
  /** It is there, half made or half destroyed: create or destroy finishes the work. */
  | { readonly state: 'incomplete'; readonly id: string }
  | { readonly state: 'cannot-say'; readonly id: string; readonly reason: string };

export type Observation =
  | { readonly state: 'known'; readonly environments: readonly ObservedEnvironment[] }
  | { readonly state: 'cannot-say'; readonly reason: string };

export interface ExecSpec {
  readonly command: readonly string[];
  readonly stdin?: string | Uint8Array;
  readonly timeoutMs: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly workingFolder?: string;
  /** Default: as the environment's units were started last. */
  readonly closed?: boolean;
}

export interface ExecResult {
  readonly exitCode: number;
  /** UTF-8; at most OUTPUT_LIMIT_BYTES, the rest is dropped and `truncated` says so. */
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
}

/** Bytes that exec keeps of each of stdout and stderr. */
export const OUTPUT_LIMIT_BYTES = 1024 * 1024;
/** Bytes that Volume.read answers at most; larger files: Volume.stream. */
export const READ_LIMIT_BYTES = 16 * 1024 * 1024;
/** Characters of a log line; longer ones are split. */
export const LOG_LINE_LIMIT = 16 * 1024;

export interface LogOptions {
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
  /** How many of the lines already written come first. Default 200. */
  readonly lines?: number;
}

export type VolumeEntry =
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly sizeBytes: number;
      readonly mode: number;
      /** Hex. */
      readonly sha256: string;
    }
  | { readonly kind: 'folder'; readonly path: string; readonly mode: number }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  /** Sockets, pipes, devices. */
  | { readonly kind: 'special'; readonly path: string };

/** Files below one folder of an environment. Paths are relative, with `/`, without `..`; links are never followed. */
export interface Volume {
  read(path: string): Promise<Uint8Array>;
  stream(path: string): AsyncIterable<Uint8Array>;
  /** Atomic; makes missing folders; the file is owned by the environment's user. Default mode 0600. */
  write(path: string, content: string | Uint8Array | AsyncIterable<Uint8Array>, mode?: number): Promise<void>;
  /** What is gone already succeeds. Files only. */
  remove(path: string): Promise<void>;
  /** Everything below, parents first, in the order of the bytes of the names. */
  walk(): AsyncIterable<VolumeEntry>;
}

export interface EnvironmentUsage {
  readonly memoryBytes: number;
  /** Of what runs now; falls when a unit restarts. */
  readonly cpuTimeMs: number;
  readonly pids: number;
  readonly diskBytes: number;
}

export interface BackendCapabilities {
  readonly backend: 'process' | 'memory' | 'container' | 'nixos' | 'hypervisor';
  /** `user`: a user of its own per environment. `none`: applications share our user. */
  readonly isolation: 'none' | 'user' | 'container' | 'machine';
  /** Which limits are enforced, not only recorded. */
  readonly limits: readonly (keyof EnvironmentLimits)[];
  readonly snapshots: boolean;
  readonly networks: boolean;
  /** Units can be closed: no way in, no way out. Found out by trying. */
  readonly closing: boolean;
  /** Version of the interpreter for `kind: 'python'`; null with the remedy when there is none. */
  readonly python: { readonly version: string } | { readonly version: null; readonly hint: string };
}

export interface RuntimeBackend {
  capabilities(): Promise<BackendCapabilities>;
  /** Concurrent calls for one digest run once. A half-made release never counts. */
  prepare(release: PreparedRelease, progress?: (step: PrepareProgress) => void): Promise<Installed>;
  create(spec: EnvironmentSpec): Promise<Environment>;
  destroy(id: string): Promise<void>;
  observe(): Promise<Observation>;
  /** Resolves once the unit's process exists; a running unit is left alone, whatever its spec. */
  start(id: string, unit: UnitSpec): Promise<UnitStatus>;
  /** Resolves once nothing of the unit runs. */
  stop(id: string, unitName: string): Promise<UnitStatus>;
  status(id: string, unitName: string): Promise<UnitStatus>;
  exec(id: string, spec: ExecSpec): Promise<ExecResult>;
  /** A connection to a port on the units' loopback, closed or not: for probes. Rejects as connecting does (`ECONNREFUSED`). */
  dial(id: string, port: number): Promise<Socket>;
  logs(id: string, unitName: string, options?: LogOptions): AsyncIterable<string>;
  /** @param path folder relative to the environment's; `''` is the whole. */
  volume(id: string, path: string): Volume;
  usage(id: string): Promise<EnvironmentUsage>;
  /** Lets go of timers; units go on. */
  close(): Promise<void>;
}
