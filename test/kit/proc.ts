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

/** Where something listens, over TCP and IPv4. */
export interface Listener {
  readonly address: string;
  readonly port: number;
}

/** What the process itself listens on, in its own network namespace. */
export function listenersOf(pid: number): Listener[] {
  const sockets = new Set(
    filesOf(pid)
      .map((file) => /^socket:\[(\d+)\]$/.exec(file)?.[1])
      .filter((inode) => inode !== undefined),
  );
  return textOf(pid, 'net/tcp')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTEN && sockets.has(fields[9] ?? ''))
    .map((fields) => listenerFrom(fields[1] ?? ''));
}

/** TCP ports of IPv4 that the process itself listens on. */
export function listeningPorts(pid: number): number[] {
  return [...new Set(listenersOf(pid).map(({ port }) => port))];
}

/** `0200007F:1F48`: the address as a number in the machine's order of bytes (little-endian here), then the port. */
function listenerFrom(text: string): Listener {
  const [address = '', port = ''] = text.split(':');
  const bytes = Buffer.from(address, 'hex').reverse();
  return { address: bytes.join('.'), port: Number.parseInt(port, 16) };
}

/** The process's network namespace (network_namespaces(7)); empty when it is gone. */
export const networkOf = (pid: number | 'self'): string => linkOf(pid, 'ns/net');

const LISTEN = '0A';

/** The process and all that descend from it. */
export function familyOf(pid: number): number[] {
  const parents = pids().map((each) => ({ pid: each, parent: parentOf(each) }));
  const family = [pid];
  for (const member of family)
    family.push(...parents.filter(({ parent }) => parent === member).map((child) => child.pid));
  return family;
}

/** The command line with spaces between its words; empty when it is gone. */
export const commandOf = (pid: number): string => textOf(pid, 'cmdline').replaceAll('\0', ' ').trim();

/** Proportional set size: memory of the process, shared pages divided among those that share them. Bytes; 0 when it is gone. */
export function proportionalSetSize(pid: number): number {
  const kibibytes = /^Pss:\s+(\d+) kB$/m.exec(textOf(pid, 'smaps_rollup'))?.[1];
  return Number(kibibytes ?? 0) * 1024;
}

/** Time of processors that it has used, in clock ticks; 0 when it is gone. */
export function processorTicks(pid: number): number {
  const stat = textOf(pid, 'stat');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
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

function linkOf(pid: number | 'self', file: string): string {
  try {
    return readlinkSync(`/proc/${pid}/${file}`);
  } catch {
    return '';
  }
}
