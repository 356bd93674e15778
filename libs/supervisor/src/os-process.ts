/**
 * What the operating system knows about a process. A pid alone names nobody, because pids are used again:
 * an OS process is identified by its pid and its start time together.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { eventually } from './eventually.js';
import { hasCode } from './error-code.js';

/** `startTime` is in clock ticks since the machine's boot (field 22 of proc_pid_stat(5)). */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: number;
}

interface ProcessStat {
  readonly state: string;
  readonly parent: number;
  readonly startTime: number;
}

/** The command's name stands in parentheses and may contain anything, so the fields are counted from the last one. */
function readStat(pid: number): ProcessStat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? 'X', parent: Number(fields[1]), startTime: Number(fields[19]) };
}

/** Start time of a living process; undefined when there is none with this pid, or only its remains (a zombie). */
export function processStartTime(pid: number): number | undefined {
  const stat = readStat(pid);
  return stat === undefined || stat.state === 'Z' || stat.state === 'X' ? undefined : stat.startTime;
}

/** Whether exactly this process still lives: not another one that got its pid later. */
export function isAlive(identity: ProcessIdentity): boolean {
  return processStartTime(identity.pid) === identity.startTime;
}

/** This Node process. */
export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, startTime: processStartTime(process.pid) ?? 0 };
}

/**
 * Processes that were started with exactly this argument, without those that are children of another one found
 * (a server that forks shows its own arguments in the child for a moment).
 */
export function processesWithArgument(argument: string): ProcessIdentity[] {
  const found = new Map<number, ProcessStat>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry) || !argumentsOf(entry).includes(argument)) continue;
    const stat = readStat(Number(entry));
    if (stat !== undefined && stat.state !== 'Z') found.set(Number(entry), stat);
  }
  return [...found]
    .filter(([, stat]) => !found.has(stat.parent))
    .map(([pid, stat]) => ({ pid, startTime: stat.startTime }));
}

function argumentsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Sends the signal, waits `graceMs`, then kills. Resolves when the process is gone; one that is gone already is fine. */
export async function endProcess(identity: ProcessIdentity, signal: NodeJS.Signals, graceMs = 15_000): Promise<void> {
  for (const [attempt, waitMs] of [
    [signal, graceMs],
    ['SIGKILL', 5_000],
  ] as const) {
    if (!isAlive(identity)) return;
    sendSignal(identity.pid, attempt);
    if (await eventually(() => !isAlive(identity), { timeoutMs: waitMs, intervalMs: 20 })) return;
  }
  throw new Error(
    `process ${identity.pid} does not end, not even by SIGKILL; look at it with: ps -o pid,stat,wchan,args ${identity.pid}`,
  );
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}
