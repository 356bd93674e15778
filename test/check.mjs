// npm run check: everything that can be said about the sources without running them, in under a minute.
//
//     npm run check                      all steps
//     npm run check -- lint format       these steps only
//
// Two lanes at once: lint follows the types, because it reads the declarations that tsc -b writes; the others need nothing of
// each other. A step that fails shows all that it printed. Plain JavaScript without a dependency: it says what is missing
// instead of failing on it.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const node = join(modules, '.bin', 'node');
const cache = join(modules, '.cache', 'freehold');

/** Lanes of steps; step → the program and its arguments. */
const lanes = [
  {
    types: ['@typescript/native/bin/tsc', '-b', 'tsconfig.json', 'test'],
    lint: ['oxlint/bin/oxlint', '--type-aware', '--deny-warnings'],
  },
  {
    format: ['prettier/bin/prettier.cjs', '--check', '--cache', '--cache-location', join(cache, 'prettier'), '.'],
    architecture: [
      'dependency-cruiser/bin/dependency-cruiser.mjs',
      ...['--config', '.dependency-cruiser.mjs', 'contracts', 'libs', 'services', 'test'],
    ],
    'dead code': ['knip/bin/knip.js', '--no-progress', '--no-config-hints'],
    'file rules': [join(root, 'test', 'rules', 'file-rules.mjs')],
  },
];

async function main(chosen) {
  if (!existsSync(node)) return stop('node_modules is missing; run npm ci first');
  const names = lanes.flatMap((lane) => Object.keys(lane));
  const unknown = chosen.find((name) => !names.includes(name));
  if (unknown) return stop(`there is no step ${unknown}; the steps are ${names.join(', ')}`);
  mkdirSync(cache, { recursive: true });
  const wanted = ([name]) => chosen.length === 0 || chosen.includes(name);
  const begin = performance.now();
  const results = (await Promise.all(lanes.map((lane) => oneByOne(Object.entries(lane).filter(wanted))))).flat();
  const failed = results.filter(({ code }) => code !== 0).map(({ name }) => name);
  console.log(`${failed.length === 0 ? 'All is well' : `Failed: ${failed.join(', ')}`} (${seconds(begin)})`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

async function oneByOne(steps) {
  const results = [];
  for (const step of steps) results.push(await runStep(...step));
  return results;
}

function runStep(name, [program, ...args]) {
  const begin = performance.now();
  return new Promise((resolve) => {
    const path = program.startsWith('/') ? program : join(modules, program);
    const child = spawn(node, [path, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (output += part));
    child.on('error', (error) => (output += `${path} cannot be started: ${error.message}\n`));
    child.on('close', (code) => {
      console.log(`${code === 0 ? '✓' : '✗'} ${name} (${seconds(begin)})`);
      if (code !== 0) console.log(`${output.trimEnd().replace(/^/gm, '    ')}\n`);
      resolve({ name, code });
    });
  });
}

function seconds(begin) {
  return `${((performance.now() - begin) / 1000).toFixed(1)} s`;
}

function stop(message) {
  console.error(message);
  process.exitCode = 1;
}

await main(process.argv.slice(2));
