import { parseArgs } from 'node:util';
import { moveCampaign, type MoveCampaignOptions, type MoveTold } from './move-campaign.js';
import { DISTURBANCES, parseMoveFault, SIDES } from './move-fault.js';
import { moveMatrixOf, moveMatrixText, moveRoundLine } from './move-report.js';
import { list, number, say } from './options.js';

export const MOVE_USAGE = `npm run faults -- move [--rounds 46] [--seed 1] [--what a.platform,b.nats,…] [--every-commit]
  --rounds n            each disturbance in turn, after random signals of either side (46, or 0 with --every-commit)
  --seed n              of the order and the moments
  --what a,b            which; a is the source, b the target:
                        ${DISTURBANCES.join(' ')}
  --every-commit        each of them after every commit of both sides
  --only fault,…        these alone: a.platform@b.commit:7, b.cut@a.deployment-left, undo@b.step-awaits.open
  --fresh-every n       rounds on the same two installations (8): what has left keeps its place on the host for a while
  --keep folder         keeps logs and commits of bad rounds there
  --json                the matrix and all rounds as one JSON document on standard output`;

function parse(args: string[]): { options: MoveCampaignOptions; json: boolean } {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args,
    options: {
      'every-commit': flag,
      json: flag,
      rounds: text,
      seed: { ...text, default: '1' },
      what: { ...text, default: DISTURBANCES.join(',') },
      only: text,
      'fresh-every': { ...text, default: '8' },
      keep: text,
    },
  });
  const only = list(values.only).map(parseMoveFault);
  const whats = only.length > 0 ? [] : list(values.what);
  const unknown = whats.filter((what) => !DISTURBANCES.includes(what));
  if (unknown.length > 0) throw new RangeError(`--what does not know ${unknown.join(', ')}`);
  const options: MoveCampaignOptions = {
    ...{ whats, only, keep: values.keep, told: tell },
    everyCommit: values['every-commit'],
    rounds: number('rounds', values.rounds ?? (values['every-commit'] ? '0' : '46')),
    seed: number('seed', values.seed),
    roundsPerPair: number('fresh-every', values['fresh-every']),
  };
  return { options, json: values.json };
}

function tell(told: MoveTold): void {
  if (told.kind === 'round') return say(moveRoundLine(told.number, told.round));
  const { signals, moveMs, pauseMs } = told.undisturbed;
  const times = `${(moveMs / 1000).toFixed(1)} s, ${(pauseMs / 1000).toFixed(1)} s of them without a write`;
  say(`Undisturbed: ${signals.a.length} and ${signals.b.length} signals in ${times}. ${told.faults} faults follow.`);
  const all = SIDES.flatMap((side) => signals[side].map((signal) => ({ side, ...signal })));
  for (const { side, name, nth, about, atMs } of all.toSorted((one, other) => one.atMs - other.atMs))
    say(`  ${atMs.toFixed(0).padStart(6)} ms  ${side} ${name} ${nth}  ${about}`);
}

/** 0: every round ended in one of the ends that there may be. */
export async function moveCommand(args: string[]): Promise<number> {
  const { options, json } = parse(args);
  const rounds = await moveCampaign(options);
  const matrix = moveMatrixOf(rounds);
  if (json) process.stdout.write(`${JSON.stringify({ seed: options.seed, matrix, rounds }, undefined, 2)}\n`);
  say(moveMatrixText(matrix));
  return matrix.ends.third === 0 ? 0 : 1;
}
