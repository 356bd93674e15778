import { readdir, readFile, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { privateFolderName } from '../places.js';
import { StateFailure } from '../state-failure.js';
import type { Site } from '../state-part.js';

const ENDS_WITHIN_MS = 30_000;
const POLL_MS = 25;

/**
 * Ends the private engine that a killed run left on this data folder. All three servers work in their data folder
 * (proc_pid_cwd(5)); one that does not have our private folder among its arguments is somebody else's, and stays.
 */
export async function endLeftEngine(site: Site, dataFolder: string): Promise<void> {
  const deadline = performance.now() + ENDS_WITHIN_MS;
  const ours = privateFolderName(site, dataFolder);
  for (let killed = false; ;) {
    const pids = await workingIn(dataFolder);
    if (pids.length === 0) return;
    const left = await filterByArguments(pids, ours);
    // The server's own children end with it; their arguments are rewritten.
    if (left.length === 0 && !killed) throw inUse(dataFolder, pids);
    killed = true;
    for (const pid of left) send(pid);
    if (performance.now() > deadline) throw inUse(dataFolder, pids);
    await pause(POLL_MS);
  }
}

function inUse(dataFolder: string, pids: readonly number[]): StateFailure {
  const hint = 'Stop the application and its servers, then repeat the step.';
  return new StateFailure('state-in-use', `${dataFolder} is worked on by process ${pids.join(', ')}`, { hint });
}

async function workingIn(folder: string): Promise<number[]> {
  const { dev, ino } = await stat(folder);
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry)).map(Number);
  const found: number[] = [];
  for (const pid of pids) {
    const cwd = await stat(`/proc/${pid}/cwd`).catch(() => undefined);
    if (cwd?.dev === dev && cwd.ino === ino && pid !== process.pid) found.push(pid);
  }
  return found;
}

async function filterByArguments(pids: readonly number[], text: string): Promise<number[]> {
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return pids.filter((_, index) => lines[index]?.includes(text));
}

function send(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended in the meantime.
  }
}
