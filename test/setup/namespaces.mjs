// Network namespaces of tests (test/kit/machines): `fht-<pid>-<start time>-<machine>` says whose they are. Those whose
// owner is gone are removed, with whatever still runs in them.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const FOLDER = '/run/netns';

/** Ends and removes what test processes that are gone have left. */
export function sweepNamespaces() {
  if (process.getuid?.() !== 0 || !existsSync(FOLDER)) return;
  for (const name of readdirSync(FOLDER)) {
    const [, pid, startTime] = /^fht-(\d+)-(\d+)-/.exec(name) ?? [];
    if (pid !== undefined && startTimeOf(pid) !== startTime) removeNamespace(name);
  }
}

function removeNamespace(name) {
  for (const pid of output('ip', ['netns', 'pids', name]).split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // gone meanwhile
    }
  }
  output('ip', ['netns', 'delete', name]);
}

function output(program, args) {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}

/** Undefined also for one that has ended and was not waited for. */
function startTimeOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
