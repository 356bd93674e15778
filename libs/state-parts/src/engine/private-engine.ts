import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { privateFolder } from '../places.js';
import { StateFailure } from '../state-failure.js';
import type { Site } from '../state-part.js';
import { findProgram } from './find-program.js';
import { endLeftEngine } from './left-engine.js';
import { keepEnd, PROGRAM_ENVIRONMENT, programFailed } from './run-program.js';

/** A database server that works on one data folder for us alone. */
export interface EngineSpec {
  readonly program: string;
  /** One of them names `privateFolder`, by which a later run knows that the engine is ours. */
  readonly args: (privateFolder: string) => readonly string[];
  readonly dataFolder: string;
  /** Puts files into the private folder before the start. */
  readonly furnish?: (privateFolder: string) => Promise<void>;
  readonly stopSignal: NodeJS.Signals;
  /** Asked until it is true. */
  readonly isReady: (engine: RunningEngine) => Promise<boolean>;
}

export interface RunningEngine {
  readonly pid: number;
  /** Short, of the environment's user, 0700: sockets and temporary files. Removed at the end. */
  readonly privateFolder: string;
}

const STARTS_WITHIN_MS = 600_000; // recovery after a crash may take long
const STOPS_WITHIN_MS = 120_000;
const POLL_MS = 25;

/**
 * Starts the engine, works, stops it cleanly; also when the work fails or is aborted. It dies with this process
 * (setpriv(1) --pdeathsig), and one that an earlier run left behind is ended first.
 */
export async function withEngine<T>(
  site: Site,
  spec: EngineSpec,
  signal: AbortSignal | undefined,
  work: (engine: RunningEngine) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  await endLeftEngine(site, spec.dataFolder);
  const folder = await privateFolder(site, spec.dataFolder);
  try {
    await spec.furnish?.(folder);
    const engine = await start(site, spec, folder);
    try {
      await untilReady(engine, spec, signal);
      return await work(engine);
    } finally {
      await stop(engine, spec.stopSignal);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface StartedEngine extends RunningEngine {
  readonly child: ChildProcess;
  readonly complaint: () => string;
}

async function start(site: Site, spec: EngineSpec, folder: string): Promise<StartedEngine> {
  const args = spec.args(folder);
  const setpriv = await findProgram('setpriv');
  const line = setpriv === undefined ? [spec.program] : [setpriv, '--pdeathsig', 'TERM', '--', spec.program];
  const [program = spec.program, ...before] = line;
  const child = spawn(program, [...before, ...args], {
    cwd: spec.dataFolder,
    env: { ...PROGRAM_ENVIRONMENT, HOME: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(site.user === null ? {} : { uid: site.user.uid, gid: site.user.gid }),
  });
  const complaint = keepEnd(child);
  await once(child, 'spawn').catch((cause: unknown) => {
    const hint = 'Look at the cause.';
    throw new StateFailure('engine-missing', `${spec.program} cannot be started`, { hint, cause });
  });
  return { child, complaint, pid: child.pid ?? 0, privateFolder: folder };
}

async function untilReady(engine: StartedEngine, spec: EngineSpec, signal?: AbortSignal): Promise<void> {
  const deadline = performance.now() + STARTS_WITHIN_MS;
  for (;;) {
    signal?.throwIfAborted();
    if (hasEnded(engine.child)) {
      throw programFailed(spec.program, `code ${engine.child.exitCode} before it was ready`, engine.complaint());
    }
    if (await spec.isReady(engine)) return;
    if (performance.now() > deadline) throw programFailed(spec.program, 'no answer in time', engine.complaint());
    await pause(POLL_MS);
  }
}

async function stop({ child }: StartedEngine, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'close');
  const killer = setTimeout(() => child.kill('SIGKILL'), STOPS_WITHIN_MS);
  child.kill(signal);
  await ended;
  clearTimeout(killer);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
