// Running other programs: quietly, with what they printed kept for the error.
import { spawn } from 'node:child_process';

/** A step of the set-up failed; the message is for a person and contains the remedy. */
export class SetupError extends Error {}

/** Everything goes to standard error: standard output belongs to the command that is run in the end. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Does one step of the set-up and says what it was and how long it took. */
export async function step(what, work) {
  const begin = process.hrtime.bigint();
  say(`… ${what}`);
  const said = await work();
  say(`✓ ${said || what} (${(Number(process.hrtime.bigint() - begin) / 1e9).toFixed(1)} s)`);
}

/** Runs a program to its end; fails with what it printed. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (output += part));
    child.on('error', (cause) => reject(new SetupError(`${command} cannot be started: ${cause.message}`, { cause })));
    child.on('close', (code) => {
      if (code === 0) return resolve(output);
      const end = output.trimEnd().split('\n').slice(-40).join('\n');
      reject(new SetupError(`${command} ${args.join(' ')} failed with exit code ${code}:\n${end}`));
    });
  });
}

/** PATH without node_modules/.bin, which npm puts in front: for what must run on the host's Node. */
export function hostPath() {
  return (process.env.PATH ?? '')
    .split(':')
    .filter((folder) => !folder.endsWith('node_modules/.bin'))
    .join(':');
}
