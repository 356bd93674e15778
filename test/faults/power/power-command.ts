import { parseArgs } from 'node:util';
import { number, say } from '../options.js';
import { type PowerOptions, powerCampaign } from './power-campaign.js';
import { powerMatrix, powerMatrixText, powerRoundLine } from './power-report.js';

export const POWER_USAGE = `npm run faults -- power [--rounds 20] [--control 5] [--seed 1]
  cuts the power of an emulated machine (QEMU) whose server many write to, and looks for what was acknowledged
  --rounds n            with our settings
  --control n           with the server's default sync interval: at least one commit must get lost
  --seed n              of the moments, and of what had got out of the disk's cache by itself
  --json                the sums and all rounds as one JSON document on standard output`;

function parse(args: string[]): { options: PowerOptions; json: boolean } {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      json: { type: 'boolean', default: false },
      rounds: { ...text, default: '20' },
      control: { ...text, default: '5' },
      seed: { ...text, default: '1' },
    },
  });
  const options: PowerOptions = {
    rounds: number('rounds', values.rounds),
    control: number('control', values.control),
    seed: number('seed', values.seed),
    told: (setting, n, round) => say(powerRoundLine(setting, n, round)),
  };
  return { options, json: values.json };
}

/** 0: nothing acknowledged was lost with our settings, and the control lost something. */
export async function powerCommand(args: string[]): Promise<number> {
  const { options, json } = parse(args);
  const rounds = await powerCampaign(options);
  const matrix = powerMatrix(rounds);
  if (json) process.stdout.write(`${JSON.stringify({ seed: options.seed, matrix, rounds }, undefined, 2)}\n`);
  say(powerMatrixText(matrix));
  const bites = options.control === 0 || matrix.default.lost > 0;
  return rounds.ours.every(({ isGood }) => isGood) && bites ? 0 : 1;
}
