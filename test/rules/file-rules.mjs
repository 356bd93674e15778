// The rules that look at files and not at syntax. Runs by itself, too:
//
//     node test/rules/file-rules.mjs [--root folder] [--json]
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openHouse } from './files/house.mjs';
import {
  exceptionsShrink,
  operationBoundOnce,
  processWithoutLaws,
  referencesFollowDependencies,
} from './files/house.rules.mjs';
import { fileName, publicDoor, specLevel } from './files/name.rules.mjs';
import {
  brokenLink,
  machinePath,
  registryHost,
  suppressedCheck,
  unfinishedWork,
  unknownDecision,
  unlistedDecision,
} from './files/text.rules.mjs';

const rules = [
  fileName,
  specLevel,
  publicDoor,
  suppressedCheck,
  unfinishedWork,
  machinePath,
  registryHost,
  brokenLink,
  unknownDecision,
  unlistedDecision,
  referencesFollowDependencies,
  processWithoutLaws,
  operationBoundOnce,
  exceptionsShrink,
];

function findings(root) {
  const house = openHouse(root);
  return rules.flatMap(({ name, why, find }) => find(house).map((finding) => ({ rule: name, why, ...finding })));
}

const args = process.argv.slice(2);
const root = args.includes('--root')
  ? args[args.indexOf('--root') + 1]
  : dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const found = findings(root);
if (args.includes('--json')) {
  process.stdout.write(`${JSON.stringify({ rules: rules.map(({ name }) => name), findings: found })}\n`);
} else {
  let last = '';
  for (const { rule, why, file, line, message } of found) {
    if (rule !== last) process.stdout.write(`${rule}: ${why}\n`);
    last = rule;
    process.stdout.write(`  ${file}${line === undefined ? '' : `:${line}`} ${message}\n`);
  }
}
process.exitCode = found.length === 0 ? 0 : 1;
