import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { BackendFailure } from '../backend-failure.js';
import { UNIT_PATH } from './process-backend.options.js';

const KEPT_LINES = 20;

export interface InstallerSettings {
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly tell: (line: string) => void;
  readonly uid?: number;
  readonly gid?: number;
}

/** Runs a step of an installation; each line goes to `tell`, the last ones into the failure. */
export async function runInstaller(command: readonly string[], settings: InstallerSettings): Promise<void> {
  const [program = '', ...args] = command;
  const { environment, timeoutMs, tell, uid, gid } = settings;
  const child = spawn(program, args, {
    cwd: '/',
    env: { PATH: UNIT_PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    ...(uid === undefined || gid === undefined ? {} : { uid, gid }),
  });
  const last: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      const safe = withoutCredentials(line);
      last.push(safe);
      if (last.length > KEPT_LINES) last.shift();
      tell(safe);
    });
  }
  const ended = await new Promise<string | undefined>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code === 0 ? undefined : `ended with ${signal ?? code}`));
  }).catch((cause: unknown) => {
    throw failed('could not be started', last, cause);
  });
  if (ended !== undefined) throw failed(ended, last);
}

function failed(how: string, last: readonly string[], cause?: unknown): BackendFailure {
  return new BackendFailure('release-failed', `installing the release failed: it ${how}`, {
    hint: 'see the last lines of its output; check the requirements, the network and the settings of pip',
    values: { output: last.join('\n') },
    cause,
  });
}

/** An index address may carry a password. */
function withoutCredentials(line: string): string {
  return line.replaceAll(/\/\/[^/\s@]+@/g, '//***@');
}
