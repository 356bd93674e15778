import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** What /proc (proc_pid(5)) says about processes, their listening ports and their memory. */

export interface RunningProcess {
  readonly pid: number;
  /** Words of the command line, paths shortened to their last part. */
  readonly command: string;
}

/** Processes that have a path in the folder among their arguments, or work in it; not this one. */
export function processesIn(folder: string): RunningProcess[] {
  return pids()
    .filter((pid) => pid !== process.pid)
    .map((pid) => ({ pid, words: textOf(pid, 'cmdline').split('\0'), workingFolder: linkOf(pid, 'cwd') }))
    .filter(({ words, workingFolder }) => [...words, workingFolder].some((word) => isIn(folder, word)))
    .map(({ pid, words }) => ({
      pid,
      command: words
        .map((word) => basename(word))
        .join(' ')
        .trim(),
    }));
}

/** TCP ports of IPv4 that the process itself listens on. */
export function listeningPorts(pid: number): number[] {
  const sockets = new Set(
    filesOf(pid)
      .map((file) => /^socket:\[(\d+)\]$/.exec(file)?.[1])
      .filter((inode) => inode !== undefined),
  );
  const found = textOf(pid, 'net/tcp')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTEN && sockets.has(fields[9] ?? ''))
    .map((fields) => Number.parseInt((fields[1] ?? '').split(':')[1] ?? '', 16));
  return [...new Set(found)];
}
const LISTEN = '0A';

/** The process and all that descend from it. */
export function familyOf(pid: number): number[] {
  const parents = pids().map((each) => ({ pid: each, parent: parentOf(each) }));
  const family = [pid];
  for (const member of family)
    family.push(...parents.filter(({ parent }) => parent === member).map((child) => child.pid));
  return family;
}

/** Proportional set size: memory of the process, shared pages divided among those that share them. Bytes; 0 when it is gone. */
export function proportionalSetSize(pid: number): number {
  const kibibytes = /^Pss:\s+(\d+) kB$/m.exec(textOf(pid, 'smaps_rollup'))?.[1];
  return Number(kibibytes ?? 0) * 1024;
}

function isIn(folder: string, word: string): boolean {
  return word === folder || word.includes(`${folder}/`);
}

const pids = (): number[] =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);

function parentOf(pid: number): number {
  const stat = textOf(pid, 'stat');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function filesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((name) => linkOf(pid, `fd/${name}`));
  } catch {
    return []; // gone meanwhile, or another user's
  }
}

function textOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // gone meanwhile, or another user's
  }
}

function linkOf(pid: number, file: string): string {
  try {
    return readlinkSync(`/proc/${pid}/${file}`);
  } catch {
    return '';
  }
}
