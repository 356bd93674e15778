import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { mkdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { BackendFailure } from '../backend-failure.js';
import { Cgroups } from './cgroups.js';
import { Claims } from './claims.js';
import { installShim } from './unit-shim.js';

const run = promisify(execFile);

export interface NumberRange {
  readonly first: number;
  /** Included. */
  readonly last: number;
}

export interface ProcessBackendOptions {
  /** Everything lies below; as root every part of the path must be searchable by others (mode o+x). */
  readonly root: string;
  /** Loopback ports to give out. Default 20000 to 24999 (below Linux' range for outgoing connections). */
  readonly ports?: NumberRange;
  /** User and group ids to give out, as root only. Default 240000 to 249999. */
  readonly users?: NumberRange;
  /** Numbers taken on this machine. Default: one folder for all of root's backends; below `root` for an ordinary user. */
  readonly claimsFolder?: string;
  /** `auto`: `user` as root, else `none`. Default `auto`. */
  readonly isolation?: 'auto' | 'none';
  /** What pip needs: installerEnvironment(process.env). */
  readonly installerEnvironment?: Readonly<Record<string, string>>;
  /** A unit's log is rotated above this. Default 16 MiB; one older file is kept. */
  readonly logLimitBytes?: number;
  /** How often logs are looked at. Default 30 s. */
  readonly logCheckMs?: number;
}

/** Where things are and what this host can do: found once, when the backend is opened. */
export interface ProcessHost {
  readonly environments: string;
  readonly releases: string;
  /** The backend's own, 0700. */
  readonly own: string;
  readonly shim: string;
  readonly isolation: 'none' | 'user';
  readonly ports: NumberRange;
  readonly users: NumberRange;
  readonly claims: Claims;
  readonly cgroups: Cgroups;
  readonly installerEnvironment: Readonly<Record<string, string>>;
}

/**
 * User ids are the machine's: two of root's backends that gave out the same one would end each other's units, for an
 * environment goes with every process of its user.
 */
export const MACHINE_CLAIMS = '/var/lib/freehold/claims';

/** The search path of units, hooks and the shim. */
export const UNIT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export async function openHost(options: ProcessBackendOptions): Promise<ProcessHost> {
  if (process.platform !== 'linux') {
    throw new BackendFailure('host-unsuitable', 'the process backend needs Linux', {
      hint: 'run the agent on Linux, or use another backend',
      values: { platform: process.platform },
    });
  }
  await needProgram('flock', ['--version']);
  await needProgram('setsid', ['--version']);
  await mkdir(options.root, { recursive: true, mode: 0o755 });
  const root = await realpath(options.root);
  const isolation = (options.isolation ?? 'auto') === 'auto' && process.getuid?.() === 0 ? 'user' : 'none';
  if (isolation === 'user') {
    await needProgram('setpriv', ['--reuid', '65534', '--regid', '65534', '--clear-groups', '--no-new-privs', 'true']);
    await needReachable(root);
  }
  const [environments, releases, own] = ['environments', 'releases', 'backend'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [environments, releases]) await mkdir(folder, { recursive: true, mode: 0o755 });
  await mkdir(own, { recursive: true, mode: 0o700 });
  const name = `freehold-${createHash('sha256').update(root).digest('hex').slice(0, 12)}`;
  return {
    environments,
    releases,
    own,
    shim: await installShim(own),
    isolation,
    ports: options.ports ?? { first: 20_000, last: 24_999 },
    users: options.users ?? { first: 240_000, last: 249_999 },
    claims: new Claims(options.claimsFolder ?? (isolation === 'user' ? MACHINE_CLAIMS : join(own, 'claims'))),
    cgroups: isolation === 'user' ? await Cgroups.open(name) : Cgroups.none(),
    installerEnvironment: options.installerEnvironment ?? {},
  };
}

/** What pip needs of our own environment: its settings, proxies and certificates, and where they lie. */
export function installerEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const wanted =
    /^(PIP_.*|HOME|TMPDIR|XDG_(CONFIG|CACHE)_(HOME|DIRS)|(HTTPS?|NO|ALL)_PROXY|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NETRC|PATH|LANG|LC_ALL)$/i;
  const entries = Object.entries(environment).filter(([name, value]) => value !== undefined && wanted.test(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, value ?? '']));
}

async function needProgram(program: string, args: string[]): Promise<void> {
  try {
    await run(program, args, { env: { PATH: UNIT_PATH } });
  } catch (cause) {
    throw new BackendFailure('host-unsuitable', `the program "${program}" is missing or too old`, {
      hint: 'install util-linux (on Debian: apt install util-linux)',
      values: { program },
      cause,
    });
  }
}

/** Environments' users must be able to come by: every folder above needs o+x. */
async function needReachable(root: string): Promise<void> {
  for (let folder = root; ; folder = dirname(folder)) {
    const { mode } = await stat(folder);
    if ((mode & 0o001) === 0) {
      throw new BackendFailure('folder-not-reachable', "applications' own users cannot enter the backend's folder", {
        hint: `choose a folder such as /var/lib/freehold, or chmod o+x ${folder}`,
        values: { folder },
      });
    }
    if (folder === dirname(folder)) return;
  }
}
