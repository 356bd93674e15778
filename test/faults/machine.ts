import { Kvm } from '@nats-io/kv';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Installation } from '../kit/installation.js';
import { familyOf, listeningPorts, processesIn } from '../kit/proc.js';
import { serverPid } from './victims.js';

/** What the machine shows of an installation's applications, and what is asked of its agent. */
export interface Machine {
  /** Folders of environments, by id. */
  readonly folders: readonly string[];
  /** The agent's records of environments, by id. */
  readonly records: readonly string[];
  /** Ports and user ids that are claimed: `port-20000`. */
  readonly claims: readonly string[];
  /** Processes beside the platform and its servers: units, shims, installers, hooks. */
  readonly processes: readonly { readonly pid: number; readonly command: string; readonly ports: readonly number[] }[];
  /** Releases that are being built, or were left unfinished. */
  readonly builds: number;
  /** Keys of the bucket DESIRED that belong to an environment. */
  readonly desired: readonly string[];
  /** Jobs in the queue. */
  readonly jobs: number;
}

export async function machineOf(installation: Installation, connection: NatsConnection): Promise<Machine> {
  const applications = join(installation.home, 'applications', 'process');
  return {
    ...unitsOf(installation),
    records: namesIn(join(installation.home, 'agent', 'environments')).map((name) => name.replace(/\.json$/, '')),
    claims: claimsOf(installation.home, join(applications, 'backend', 'claims')),
    builds: Math.max(0, namesIn(join(applications, 'releases', '.builds')).length - releasesIn(applications)),
    desired: await desiredIn(connection),
    jobs: (await (await jetstreamManager(connection)).streams.info('JOBS')).state.messages,
  };
}

/** The part that costs little, for looking often. */
export function unitsOf(installation: Installation): Pick<Machine, 'folders' | 'processes'> {
  const { home, folder } = installation;
  const servers = (['nats', 'postgres'] as const).flatMap((name) => serverPid(home, name) ?? []);
  const known = new Set([...platformOf(installation), ...servers.flatMap(familyOf)]);
  return {
    folders: namesIn(join(home, 'applications', 'process', 'environments')),
    processes: processesIn(folder)
      .filter(({ pid }) => !known.has(pid))
      .map((process) => ({ ...process, ports: listeningPorts(process.pid) })),
  };
}

/** Its children are not it: what it installs with must end, too. */
function platformOf(installation: Installation): number[] {
  try {
    return [installation.pid];
  } catch {
    return []; // killed just now
  }
}

async function desiredIn(connection: NatsConnection): Promise<string[]> {
  const keys = [];
  for await (const key of await (await new Kvm(connection).open('DESIRED')).keys()) keys.push(key);
  return keys.filter((key) => key.includes('.'));
}

const releasesIn = (applications: string): number =>
  namesIn(join(applications, 'releases')).filter((name) => !name.startsWith('.')).length;

/** Of applications, in the folder that all of root's installations share, or in its own; an installation keeps its address. */
function claimsOf(home: string, own: string): string[] {
  const folder = process.getuid?.() === 0 ? '/var/lib/freehold/claims' : own;
  return namesIn(folder).filter((name) => !name.startsWith('address-') && belongsTo(join(folder, name), home));
}

function belongsTo(claim: string, home: string): boolean {
  try {
    return readFileSync(claim, 'utf8').startsWith(home);
  } catch {
    return false; // given free meanwhile
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
