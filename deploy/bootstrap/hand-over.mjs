// The bootstrap's last act: Node 24 with the real program.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { node } from './places.mjs';

/** Runs it in this terminal and ends with its exit code. Where this Node can, it becomes the other one instead. */
export function handOver(args, environment = {}) {
  const env = { ...process.env, ...environment };
  if (becomes(args, env)) return;
  runAndEnd(args, env, (code) => process.exit(code));
}

/** Runs it in this terminal; resolves with its exit code. */
export function runToEnd(args, environment = {}) {
  return new Promise((resolve) => runAndEnd(args, { ...process.env, ...environment }, resolve));
}

/** Saves a waiting process of 40 MB. Node 24 has it; a clone's first start is on the host's Node, which may not. */
function becomes(args, env) {
  if (typeof process.execve !== 'function' || process.versions.node.split('.')[0] < 24) return false;
  process.removeAllListeners('warning'); // it warns that execve is experimental
  process.execve(node, [node, ...args], env);
  return true;
}

function runAndEnd(args, env, done) {
  const child = spawn(node, args, { stdio: 'inherit', env });
  // A terminal sends Ctrl-C to both of us; what another process sends reaches us alone.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`${node} cannot be started: ${error.message}; remove node_modules and start again\n`);
    done(1);
  });
  child.on('close', (code, signal) => done(code ?? 128 + (constants.signals[signal] ?? 0)));
}
