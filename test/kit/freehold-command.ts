import { systemEnvironment } from '@freehold/platform';
import { type ChildProcess, spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { executable } from './clone.js';

export interface CommandOptions {
  readonly profile: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What the command begins with, to run elsewhere: `Machine.prefix`. */
  readonly prefix?: readonly string[];
  /** What is typed into it. */
  readonly input?: string;
  /** Default 60 s, then it is killed and counts as failed. */
  readonly timeoutMs?: number;
}

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command of the command line ended otherwise than expected. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  constructor(
    readonly args: readonly string[],
    readonly result: CommandResult,
  ) {
    super(`freehold ${args.join(' ')} ended with ${result.exitCode}:\n${result.stdout}${result.stderr}`);
  }
}

type Streams = 'pipe' | 'inherit';

/** Starts `freehold <args>`; the profile decides which installation it talks to. */
export function spawnFreehold(
  args: readonly string[],
  { profile, env = {}, prefix = [] }: CommandOptions,
  output: Streams = 'pipe',
): ChildProcess {
  const [program = '', ...rest] = [...prefix, process.execPath, executable, ...args];
  return spawn(program, rest, {
    stdio: ['pipe', output, output],
    env: { ...systemEnvironment(), XDG_STATE_HOME: dirname(profile), FREEHOLD_PROFILE: profile, ...env },
  });
}

/** Runs a command to its end. */
export async function runFreehold(args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const child = spawnFreehold(args, options);
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin?.end(options.input ?? '');
  const exitCode = await exitOf(child, options.timeoutMs);
  return { exitCode, stdout, stderr };
}

/** The exit code, 128 for a signal. Kills a child that outlives its time. */
export function exitOf(child: ChildProcess, timeoutMs = 240_000): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve(code ?? 128);
    });
  });
}
