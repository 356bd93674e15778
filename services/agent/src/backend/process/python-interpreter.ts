import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { join } from 'node:path';
import { BackendFailure, errnoOf } from '../backend-failure.js';
import { UNIT_PATH } from './process-backend.options.js';

const run = promisify(execFile);
const ASK = 'import sys, venv, ensurepip; print("%d.%d.%d" % sys.version_info[:3])';
/** As root an interpreter is tried as this user, because every environment has a user of its own. */
export const NOBODY = { uid: 65_534, gid: 65_534 };

export interface Interpreter {
  readonly path: string;
  /** For example `3.11.2`. */
  readonly version: string;
}

/**
 * A Python with a working venv module that ordinary users of this host can run: the system's first, then
 * those on the search path. (As root one below /root would work for us and fail for every unit.)
 */
export async function findPython(
  wanted: string | undefined,
  searchPath: string,
  isolation: 'none' | 'user',
): Promise<Interpreter> {
  const folders = ['/usr/bin', ...searchPath.split(':').filter((folder) => folder.startsWith('/'))];
  const reasons: string[] = [];
  for (const path of new Set(folders.map((folder) => join(folder, 'python3')))) {
    try {
      const version = await askVersion(path, isolation);
      if (satisfies(version, wanted)) return { path, version };
      reasons.push(`${path} is ${version}`);
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== undefined) reasons.push(`${path}: ${reason}`);
    }
  }
  throw new BackendFailure('python-missing', 'no usable Python on this host', {
    hint: `install Python ${wanted ?? '3'} with its venv module for all users (on Debian: apt install python3 python3-venv)`,
    values: { tried: reasons.join('; ') || 'none found' },
  });
}

export async function askVersion(path: string, isolation: 'none' | 'user'): Promise<string> {
  const { stdout } = await run(path, ['-I', '-c', ASK], {
    cwd: '/',
    env: { PATH: UNIT_PATH },
    timeout: 30_000,
    ...(isolation === 'user' ? NOBODY : {}),
  });
  return stdout.trim();
}

/** @param wanted bounds with commas between: `>=3.10`, `>=3.11,<3.14`, or nothing */
export function satisfies(version: string, wanted: string | undefined): boolean {
  if (wanted === undefined) return true;
  return wanted.split(',').every((bound) => {
    const [, sign, than] = /^\s*(>=|<)\s*(\d+(?:\.\d+)*)\s*$/.exec(bound) ?? [];
    if (than !== undefined) return sign === '>=' ? !isBelow(version, than) : isBelow(version, than);
    throw new BackendFailure('input-malformed', 'the wanted Python is not of the form >=3.10 or >=3.11,<3.14', {
      hint: 'correct the release',
      values: { python: wanted },
    });
  });
}

function isBelow(version: string, than: string): boolean {
  const have = version.split('.').map(Number);
  for (const [n, part] of than.split('.').map(Number).entries()) {
    const difference = (have[n] ?? 0) - part;
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** Undefined when there is simply no such file. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof BackendFailure) throw error;
  if (errnoOf(error) === 'ENOENT') return undefined;
  const output = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : '';
  return output.trim().split('\n').at(-1) || String(error).split('\n')[0];
}
