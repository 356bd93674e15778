import { readFileSync } from 'node:fs';
import { readFile, readdir, stat } from 'node:fs/promises';

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
  try {
    const [line, { uid }] = await Promise.all([readFile(`/proc/${pid}/stat`, 'latin1'), stat(`/proc/${pid}`)]);
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

export async function allProcesses(): Promise<ProcessEntry[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const entries = await Promise.all(names.map((name) => readProcess(Number(name))));
  return entries.filter((entry) => entry !== undefined);
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
