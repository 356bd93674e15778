import { spawn, type ChildProcess } from 'node:child_process';
import { DISK_FULL_HINT, errnoOf, StateFailure } from '../state-failure.js';
import type { Site } from '../state-part.js';
import { PROGRAM_PATH } from './program-path.js';

/** One run of a program. `open`: file descriptors that it gets as 3, 4, …; none of its arguments is secret. */
export interface ProgramRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly user: Site['user'];
  readonly cwd?: string;
  /** A file descriptor, or text. */
  readonly input?: number | string;
  /** A file descriptor; otherwise what it prints is answered, at most 64 MB. */
  readonly output?: number;
  readonly open?: readonly number[];
  /** Told each line; what is answered is the end of it all then. */
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

const MOST_OUTPUT_BYTES = 64 * 1024 * 1024;
const KEPT_FOR_ERRORS = 4_000;

/** Runs it to its end and answers what it printed. Killed when the signal says so; what it complained of is in the failure. */
export async function runProgram(run: ProgramRun): Promise<string> {
  run.signal?.throwIfAborted();
  const child = start(run);
  const complaint = keepEnd(child);
  const output = run.output === undefined ? readAll(child, run.onLine) : Promise.resolve('');
  const ended = endOf(child, run.program);
  const kill = () => child.kill('SIGKILL');
  run.signal?.addEventListener('abort', kill);
  try {
    writeInput(child, run.input);
    const [text, { code, killed }] = await Promise.all([output, ended]);
    run.signal?.throwIfAborted();
    if (code !== 0)
      throw programFailed(run.program, killed ?? `code ${code}`, complaint() || text.slice(-KEPT_FOR_ERRORS));
    return text;
  } catch (error) {
    kill();
    await ended.catch(() => undefined);
    throw error;
  } finally {
    run.signal?.removeEventListener('abort', kill);
  }
}

/** Every program gets the same small environment. */
export const PROGRAM_ENVIRONMENT = { PATH: PROGRAM_PATH, LC_ALL: 'C.UTF-8', TZ: 'UTC', HOME: '/nonexistent' };

function start({ program, args, user, cwd, input, output, open = [] }: ProgramRun): ChildProcess {
  return spawn(program, [...args], {
    env: PROGRAM_ENVIRONMENT,
    cwd: cwd ?? '/',
    stdio: [typeof input === 'number' ? input : 'pipe', output ?? 'pipe', 'pipe', ...open],
    ...(user === null ? {} : { uid: user.uid, gid: user.gid }),
  });
}

function writeInput(child: ChildProcess, input: number | string | undefined): void {
  // A program that ends before it has read everything says why by its exit code.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(typeof input === 'string' ? input : '');
}

function endOf(child: ChildProcess, program: string): Promise<{ code: number | null; killed: string | null }> {
  return new Promise((resolve, reject) => {
    child.on('error', (cause) => {
      const hint = errnoOf(cause) === 'ENOENT' ? 'Install it.' : 'Look at the cause.';
      reject(new StateFailure('engine-missing', `${program} cannot be started`, { hint, cause }));
    });
    child.on('close', (code, killed) => resolve({ code, killed }));
  });
}

/** Remembers the end of what a program prints as errors. */
export function keepEnd(child: ChildProcess): () => string {
  let end = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    end = (end + text).slice(-KEPT_FOR_ERRORS);
  });
  return () => end.trim();
}

async function readAll(child: ChildProcess, onLine: ProgramRun['onLine']): Promise<string> {
  let text = '';
  let rest = '';
  child.stdout?.setEncoding('utf8');
  for await (const piece of child.stdout ?? []) {
    if (onLine === undefined) {
      if (text.length < MOST_OUTPUT_BYTES) text += String(piece);
      continue;
    }
    text = String(piece).slice(-KEPT_FOR_ERRORS);
    const lines = (rest + String(piece)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  }
  return text;
}

export function programFailed(program: string, how: string, detail: string): StateFailure {
  const name = program.slice(program.lastIndexOf('/') + 1);
  if (/No space left on device|Disk quota exceeded|database or disk is full|Errcode: 28/i.test(detail)) {
    return new StateFailure('disk-full', `the disk is full while ${name} ran`, { hint: DISK_FULL_HINT, detail });
  }
  const hint = 'Look at what it printed (detail).';
  return new StateFailure('engine-failed', `${name} ended with ${how}: ${lastLine(detail)}`, { hint, detail });
}

function lastLine(text: string): string {
  return text.slice(text.lastIndexOf('\n') + 1).slice(0, 300);
}
