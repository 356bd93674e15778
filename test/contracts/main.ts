/** `npm run samples`: stores digests of new samples and states of new histories or state versions; refuses what changed. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AGGREGATES } from './aggregates.js';
import { changedSamples, CONTEXTS, digestOf, digestsOf, isOnlyNew, namedSamples, samplesOf } from './stored-samples.js';
import { changedStates, computed, statesOf } from './stored-states.js';

const folder = resolve('test/contracts');
const samples = Object.fromEntries(CONTEXTS.map((context) => [context, samplesOf(folder, context)]));
const everySample = Object.assign({}, ...Object.values(samples));
const states = Object.fromEntries(CONTEXTS.map((context) => [context, statesOf(folder, context)]));

const problems = changedSamples(everySample, digestsOf(folder));
for (const { storedAs, aggregate } of AGGREGATES) {
  const stored = states[aggregate.context]?.[storedAs];
  const own = samples[aggregate.context];
  if (stored === undefined || own === undefined)
    problems.push(`${aggregate.context}.${storedAs} has no histories in states/${aggregate.context}.json: write some`);
  else problems.push(...changedStates(aggregate, own, stored));
}
const refused = problems.filter((problem) => !isOnlyNew(problem));
if (refused.length > 0) {
  console.error(refused.join('\n'));
  process.exit(1);
}

const write = (path: string, value: unknown) =>
  writeFileSync(join(folder, path), `${JSON.stringify(value, null, 2)}\n`);
const digests = [...namedSamples(everySample)].map(([name, { data }]) => [name, digestOf(data)] as const);
write('samples/digests.json', Object.fromEntries(digests.toSorted(([one], [other]) => (one < other ? -1 : 1))));
for (const { storedAs, aggregate } of AGGREGATES) {
  const [all, own] = [states[aggregate.context], samples[aggregate.context]];
  const stored = all?.[storedAs];
  if (all !== undefined && own !== undefined && stored !== undefined) all[storedAs] = computed(aggregate, own, stored);
}
for (const [context, all] of Object.entries(states)) write(`states/${context}.json`, all);
console.log(
  problems.length === 0 ? 'Everything was stored already.' : problems.join('\n').replaceAll(': npm run samples', ''),
);
