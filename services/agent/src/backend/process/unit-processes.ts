import { BackendFailure } from '../backend-failure.js';
import { poll, SOON_MS } from '../poll.js';
import type { Cgroups } from './cgroups.js';
import type { EnvironmentRecord } from './environment-record.js';
import { allProcesses, bootId, hasVariable, isAlive, readProcess, signalProcess } from './process-table.js';
import type { ProcessEntry, ProcessIdentity } from './process-table.js';

/** Set for every unit and exec, so that what they leave behind is found without control groups too. */
export const UNIT_VARIABLE = 'FREEHOLD_UNIT';
const KILL_TIMEOUT_MS = 10_000;

export interface UnitProcesses {
  readonly record: EnvironmentRecord;
  readonly cgroups: Cgroups;
  /** Undefined: of the whole environment. */
  readonly unit?: string;
  /** The unit's first process, whether it lives or not: its session is the unit's. */
  readonly first?: ProcessIdentity | undefined;
}

/**
 * Everything that runs for a unit or an environment: by control group, by session, by the variable that
 * it was started with, and for a whole environment by its own user.
 */
export async function processesOf(of: UnitProcesses): Promise<ProcessEntry[]> {
  const { record, unit, first } = of;
  const grouped = await of.cgroups.members(record.id, unit);
  const mark = unit === undefined ? `${UNIT_VARIABLE}=${record.id}/` : `${UNIT_VARIABLE}=${record.id}/${unit}\0`;
  const possible = await allProcesses((pid, uid) => grouped.has(pid) || uid === record.user.uid);
  const sessionIsOurs = first !== undefined && (await isStillIts(first));
  const found: ProcessEntry[] = [];
  for (const entry of possible) {
    const belongs =
      grouped.has(entry.pid) ||
      (unit === undefined && record.ownUser) ||
      (sessionIsOurs && entry.session === first?.pid) ||
      (await hasVariable(entry.pid, mark));
    if (belongs) found.push(entry);
  }
  return found;
}

/** A session's number is not given out while the session lives, unless its first process is another one now. */
async function isStillIts(first: ProcessIdentity): Promise<boolean> {
  if (first.boot !== bootId()) return false;
  const holder = await readProcess(first.pid);
  return holder === undefined || holder.startTime === first.startTime;
}

/** SIGKILL until nothing is left. */
export async function killAll(of: UnitProcesses): Promise<void> {
  const gone = await poll(KILL_TIMEOUT_MS, async () => {
    const left = await processesOf(of);
    for (const { pid, startTime } of left) await signalProcess({ pid, startTime, boot: bootId() }, 'SIGKILL');
    return left.length === 0 ? true : undefined;
  });
  if (gone) return;
  throw new BackendFailure('unit-not-stopped', 'processes do not die', {
    hint: 'they probably wait for a disk or a network file system; see ps and the kernel log',
    values: { environment: of.record.id, unit: of.unit ?? '(all)' },
  });
}

/** True once the process is gone. */
export async function waitForEnd(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  return (await poll(timeoutMs, async () => ((await isAlive(identity)) ? undefined : true), SOON_MS)) ?? false;
}
