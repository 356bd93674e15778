import { parseArgs } from 'node:util';
import { parseFault } from './fault.js';
import { type CampaignOptions, orderCampaign, type Told } from './order-campaign.js';
import { matrixOf, matrixText, roundLine } from './report.js';
import { list, number, say } from './options.js';
import { VICTIMS } from './victims.js';

export const ORDER_USAGE = `npm run faults -- order [--every-commit] [--rounds 50] [--seed 1] [--what platform,nats,postgres]
  --every-commit        after every commit, desired state and stage of a job of an undisturbed order
  --rounds n            and at n random moments (50, or 0 with --every-commit)
  --seed n              of the random moments
  --what a,b            who is killed: platform, nats, postgres, all (at once)
  --only fault,…        these alone: nats@commit:7, platform@job-taken:1, postgres@1250ms
  --application name    radicale, or synapse
  --fresh-every n       rounds on one installation (25)
  --cold-every n        every nth round installs the release anew (10; 0: none)
  --keep folder         keeps logs and commits of bad rounds there
  --json                the matrix and all rounds as one JSON document on standard output`;

function parse(args: string[]): { options: CampaignOptions; json: boolean } {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args,
    options: {
      'every-commit': flag,
      json: flag,
      rounds: text,
      seed: { ...text, default: '1' },
      what: { ...text, default: 'platform,nats,postgres' },
      only: text,
      application: { ...text, default: 'radicale' },
      'fresh-every': { ...text, default: '25' },
      'cold-every': { ...text, default: '10' },
      keep: text,
    },
  });
  const victims = VICTIMS.filter((victim) => list(values.what).includes(victim));
  if (victims.length !== list(values.what).length) throw new RangeError(`--what is of ${VICTIMS.join(', ')}`);
  const options: CampaignOptions = {
    application: values.application,
    victims,
    everySignal: values['every-commit'],
    rounds: number('rounds', values.rounds ?? (values['every-commit'] ? '0' : '50')),
    seed: number('seed', values.seed),
    only: list(values.only).map(parseFault),
    roundsPerInstallation: number('fresh-every', values['fresh-every']),
    coldEvery: number('cold-every', values['cold-every']),
    keep: values.keep,
    told: tell,
  };
  return { options, json: values.json };
}

function tell(told: Told): void {
  if (told.kind === 'round') return say(roundLine(told.number, told.round));
  const { signals, orderMs } = told.undisturbed;
  say(`Undisturbed: ${signals.length} signals in ${(orderMs / 1000).toFixed(1)} s. ${told.faults} faults follow.`);
  for (const { name, nth, about, atMs } of signals)
    say(`  ${atMs.toFixed(0).padStart(6)} ms  ${name} ${nth}  ${about}`);
}

/** 0: every round ended well. */
export async function orderCommand(args: string[]): Promise<number> {
  const { options, json } = parse(args);
  const rounds = await orderCampaign(options);
  const matrix = matrixOf(rounds);
  if (json) process.stdout.write(`${JSON.stringify({ seed: options.seed, matrix, rounds }, undefined, 2)}\n`);
  say(matrixText(matrix));
  return matrix.ends.neither === 0 ? 0 : 1;
}
