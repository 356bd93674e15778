#!/usr/bin/env node
// From a fresh clone to a running command, on the host's Node (18 or newer) and without a dependency. Every step is skipped
// when its result is there, in silence; a step that was interrupted is done again.
//
//     start.mjs <command of freehold> …                      npm start = up; npm run freehold -- <command>
//     start.mjs --test [arguments of Jest]                   npm test
//     start.mjs --tour | --bench name | --faults name …      npm run tour, npm run bench -- order, …
//     start.mjs --samples                                    npm run samples: stores what new events and states are like
//     start.mjs --setup-only                                 the steps and no more
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.mjs';
import { handOver } from './hand-over.mjs';
import { provideNatsServer } from './nats-server.mjs';
import { installPackages } from './packages.mjs';
import { root } from './places.mjs';
import { say, SetupError } from './programs.mjs';
import { runTests } from './test-run.mjs';

/** Commands that start or look at servers; the others talk to a running installation only. */
const commandsWithServers = ['up', 'serve', 'doctor'];

/** Programs in test/, beside the product. */
const testPrograms = { '--tour': 'tour', '--bench': 'bench', '--faults': 'faults', '--samples': 'contracts' };

async function main([first, ...rest]) {
  const program = testPrograms[first];
  const needsServers = first === undefined || first.startsWith('--') || commandsWithServers.includes(first);
  const [natsServer] = await Promise.all([
    needsServers ? provideNatsServer() : undefined,
    installPackages().then(() => (first === '--test' ? undefined : build(program === undefined ? [] : ['test']))),
  ]);
  const environment = natsServer === undefined ? {} : { FREEHOLD_NATS_SERVER: natsServer };
  if (first === '--setup-only') return say('Everything is in place.');
  if (first === '--test') process.exit(await runTests(rest, environment));
  if (program !== undefined) return handOver([compiled('test', 'dist', program, 'main.js'), ...rest], environment);
  handOver(
    [compiled('services', 'freehold', 'dist', 'main.js'), ...(first === undefined ? [] : [first, ...rest])],
    environment,
  );
}

function compiled(...path) {
  const file = join(root, ...path);
  if (existsSync(file)) return file;
  throw new SetupError(
    `${path.join('/')} is missing although the build succeeded; remove the dist folders and start again`,
  );
}

main(process.argv.slice(2)).catch((error) => {
  say(error instanceof SetupError ? error.message : (error.stack ?? String(error)));
  process.exit(1);
});
