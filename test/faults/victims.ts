import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Installation } from '../kit/installation.js';

export const VICTIMS = ['platform', 'nats', 'postgres', 'all'] as const;
/** `all`: NATS, PostgreSQL and the platform at once, as when the power goes. */
export type Victim = (typeof VICTIMS)[number];

/** SIGKILL. Resolves when the platform, if it was meant, is gone; the servers are gone at once. */
export async function kill(installation: Installation, victim: Victim): Promise<void> {
  if (victim === 'nats' || victim === 'all') killServer(installation.home, 'nats');
  if (victim === 'postgres' || victim === 'all') killServer(installation.home, 'postgres');
  if (victim === 'platform' || victim === 'all') await installation.kill();
}

/** `up` again, if the platform was killed; it starts the servers again, at once or as their supervisor. */
export async function bringBack(installation: Installation, victim: Victim): Promise<void> {
  if (victim === 'platform' || victim === 'all') await installation.restart();
}

export function serverPid(home: string, server: 'nats' | 'postgres'): number | undefined {
  try {
    const { pid } = JSON.parse(readFileSync(join(home, 'run', `${server}.json`), 'utf8')) as { pid: number };
    return pid;
  } catch {
    return undefined; // between two starts
  }
}

function killServer(home: string, server: 'nats' | 'postgres'): void {
  const pid = serverPid(home, server);
  if (pid === undefined) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}
