import { spawn } from 'node:child_process';

export interface RunAs {
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  readonly input?: string;
  readonly cwd?: string;
}

/** Runs a program to its end. @throws with what it complained of */
export function run(program: string, args: readonly string[], { user, input, cwd = '/' }: RunAs = {}): Promise<void> {
  const child = spawn(program, args, { cwd, stdio: ['pipe', 'ignore', 'pipe'], ...user });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-2_000)));
  child.stdin.on('error', () => undefined).end(input ?? '');
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ${args.join(' ')} ended with ${code ?? 'a signal'}: ${complaint}`));
    });
  });
}

/** Milliseconds that work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
