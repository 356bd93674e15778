import { checkNatsVersion } from '@freehold/supervisor';
import { execFile } from 'node:child_process';
import { existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { bytes } from '../output/durations.js';
import { readInstallation } from '../up/installation.js';
import { type Check, notice, ok, problem } from './checks.js';

const LEAST_FREE_BYTES = 5e9;

export interface Machine {
  home: string;
  natsServer: string | undefined;
}

/** This machine, whether anything runs on it or not. */
export async function machineChecks({ home, natsServer }: Machine): Promise<Check[]> {
  return [node(), await nats(natsServer ?? 'nats-server'), await python(), disk(home), installation(home), isolation()];
}

function node(): Check {
  const { node: version } = process.versions;
  return Number(version.split('.')[0]) >= 24
    ? ok('Node', version)
    : problem('Node', `${version} is too old`, 'Start it by npm start or npx freehold, which bring Node 24.');
}

async function nats(command: string): Promise<Check> {
  try {
    return ok('nats-server', `${await checkNatsVersion(command)} (${command})`);
  } catch (error) {
    return problem(
      'nats-server',
      error instanceof Error ? error.message : String(error),
      'npm start builds or fetches one.',
    );
  }
}

async function python(): Promise<Check> {
  try {
    const { stdout } = await promisify(execFile)('python3', [
      '-I',
      '-c',
      'import sys, venv, ensurepip; print(sys.version.split()[0])',
    ]);
    return ok('Python', stdout.trim());
  } catch {
    return notice(
      'Python',
      'there is none with its venv module, so applications written in Python cannot run',
      'On Debian: apt install python3 python3-venv',
    );
  }
}

function disk(home: string): Check {
  let folder = home;
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const said = `${bytes(free)} free at ${folder}`;
  return free >= LEAST_FREE_BYTES
    ? ok('disk', said)
    : notice('disk', said, 'Make room: the log is closed when it is full.');
}

function installation(home: string): Check {
  const found = readInstallation(home);
  if (found === undefined)
    return notice('installation', `none in ${home}`, 'freehold up makes one; --home names another.');
  const isOpen = (statSync(home).mode & 0o006) !== 0;
  return isOpen
    ? problem('installation', `${home} may be read by everybody`, `chmod o-rw ${home}`)
    : ok('installation', `${home}, host ${found.host}`);
}

function isolation(): Check {
  return process.getuid?.() === 0
    ? ok('isolation', 'root: each application gets a user and limits of its own')
    : notice(
        'isolation',
        'not root: applications share your user',
        'Start as root where applications must not trust each other.',
      );
}
