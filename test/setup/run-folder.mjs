// The temporary folder of a test run: who owns it, and how everything that was started in it ends.
// Plain JavaScript, because Jest loads globalSetup and globalTeardown without a transform.
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const prefix = 'freehold-test-';

/** Makes the folder; PostgreSQL's user may pass through it. */
export function makeRunFolder() {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), prefix));
  chmodSync(folder, 0o711);
  writeFileSync(join(folder, 'owner.json'), JSON.stringify({ pid: process.pid, startTime: startTimeOf(process.pid) }));
  return folder;
}

/** Ends what runs that were killed have left behind. */
export async function sweepAbandonedRuns() {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(prefix))) {
    const folder = join(realpathSync(tmpdir()), name);
    const owner = readJson(join(folder, 'owner.json'));
    if (owner === undefined || startTimeOf(owner.pid) === owner.startTime) continue;
    await endEverythingIn(folder);
  }
}

/** Ends every process that was started with a path in this folder and removes it; names those that the shared ground did not start. */
export async function endEverythingIn(folder) {
  const shared = ['nats', 'postgres'].map((name) => readJson(join(folder, 'run', `${name}.json`))?.pid);
  const running = processesIn(folder);
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL']) {
    for (const { pid } of processesIn(folder)) send(pid, signal);
    for (let waits = 0; waits < 250 && processesIn(folder).length > 0; waits += 1) await pause(20);
  }
  removeFolders(folder);
  return running.filter(({ pid }) => !shared.includes(pid)).map(({ pid, command }) => `${pid} ${command}`);
}

/** The same in a hurry, for a run that is interrupted: nothing can be waited for. */
export function endEverythingNow(folder) {
  if (!existsSync(folder)) return;
  for (const { pid, command } of processesIn(folder)) send(pid, command.includes('postgres') ? 'SIGQUIT' : 'SIGKILL');
  removeFolders(folder);
}

/** The socket of PostgreSQL may lie outside, in a short folder (see libs/supervisor). */
function removeFolders(folder) {
  const { socketFolder } = readJson(join(folder, 'ground.json')) ?? {};
  if (socketFolder !== undefined) rmSync(socketFolder, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

function processesIn(folder) {
  const found = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    try {
      const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0');
      const inside = command.some((argument) => argument === folder || argument.includes(`${folder}/`));
      if (inside)
        found.push({
          pid: Number(entry),
          command: command
            .map((part) => basename(part))
            .join(' ')
            .trim(),
        });
    } catch {
      // gone meanwhile
    }
  }
  return found;
}

function startTimeOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return undefined;
  }
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function send(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // gone meanwhile
  }
}
