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
    endWorkers(folder);
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
  endWorkers(folder);
  for (const { pid, command } of processesIn(folder)) send(pid, command.includes('postgres') ? 'SIGQUIT' : 'SIGKILL');
  removeFolders(folder);
}

/** Jest's workers go on with their test file when the run is killed, and would start further servers. They got our environment. */
function endWorkers(folder) {
  for (const pid of otherProcesses()) {
    const environment = readOf(pid, 'environ').split('\0');
    if (environment.includes(`FREEHOLD_TEST_GROUND=${folder}`)) send(pid, 'SIGKILL');
  }
}

/** The socket of PostgreSQL may lie outside, in a short folder (see libs/supervisor). */
function removeFolders(folder) {
  const { socketFolder } = readJson(join(folder, 'ground.json')) ?? {};
  if (socketFolder !== undefined) rmSync(socketFolder, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

function processesIn(folder) {
  return otherProcesses()
    .map((pid) => ({ pid, words: readOf(pid, 'cmdline').split('\0') }))
    .filter(({ words }) => words.some((word) => word === folder || word.includes(`${folder}/`)))
    .map(({ pid, words }) => ({
      pid,
      command: words
        .map((word) => basename(word))
        .join(' ')
        .trim(),
    }));
}

function otherProcesses() {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .map(Number);
}

/** A process may be gone meanwhile, or another user's. */
function readOf(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
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
