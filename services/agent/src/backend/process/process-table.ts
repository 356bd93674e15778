/*
 * The process table, proc(5). It lies in memory and waits for no disk: read at once it costs a tenth of what a turn through
 * the thread pool for each of hundreds of files does, at moments in which somebody waits for a unit.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';

/** One OS process for ever: pid and start time, within one boot of the host. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after boot: field 22 of proc(5) stat. */
  readonly startTime: string;
  readonly boot: string;
}

export interface ProcessEntry {
  readonly pid: number;
  readonly session: number;
  readonly startTime: string;
  readonly uid: number;
  /** utime + stime, in clock ticks (100 a second on Linux). */
  readonly cpuTicks: number;
  readonly residentBytes: number;
}

const PAGE_BYTES = 4096;
/** So many processes are read before others have a turn. */
const READ_AT_ONCE = 256;
let boot: string | undefined;

/** The same text as the shim writes (unit-shim.ts). */
export function bootId(): string {
  if (boot === undefined) {
    try {
      boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    } catch {
      boot = 'unknown';
    }
  }
  return boot;
}

/** A living process (a zombie is not), or undefined. */
export async function readProcess(pid: number): Promise<ProcessEntry | undefined> {
  const uid = userOf(pid);
  return uid === undefined ? undefined : entryOf(pid, uid);
}

function userOf(pid: number): number | undefined {
  try {
    return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid;
  } catch {
    return undefined;
  }
}

function entryOf(pid: number, uid: number): ProcessEntry | undefined {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    const state = fields[0] ?? 'X';
    if (state === 'Z' || state === 'X') return undefined;
    return {
      pid,
      session: Number(fields[3]),
      startTime: fields[19] ?? '',
      uid,
      cpuTicks: Number(fields[11]) + Number(fields[12]),
      residentBytes: Number(fields[21]) * PAGE_BYTES,
    };
  } catch {
    return undefined; // gone while we looked
  }
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  if (identity.boot !== bootId()) return false;
  return (await readProcess(identity.pid))?.startTime === identity.startTime;
}

/** @param wanted of which processes the rest is read; default: of all */
export async function allProcesses(
  wanted: (pid: number, uid: number) => boolean = () => true,
): Promise<ProcessEntry[]> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const found: ProcessEntry[] = [];
  for (const [n, name] of pids.entries()) {
    if (n > 0 && n % READ_AT_ONCE === 0) await turn();
    const pid = Number(name);
    const uid = userOf(pid);
    const entry = uid !== undefined && wanted(pid, uid) ? entryOf(pid, uid) : undefined;
    if (entry !== undefined) found.push(entry);
  }
  return found;
}

/** Whether the process was started with this variable; false when we may not look. */
export async function hasVariable(pid: number, assignment: string): Promise<boolean> {
  try {
    return `\0${await readFile(`/proc/${pid}/environ`, 'latin1')}`.includes(`\0${assignment}`);
  } catch {
    return false;
  }
}

/** Signals exactly this process; false when it is gone. A number given out again is never signalled. */
export async function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean> {
  if (!(await isAlive(identity))) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch {
    return false;
  }
}
