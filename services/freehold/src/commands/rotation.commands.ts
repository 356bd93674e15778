import { Command } from 'commander';
import type { ExitCode } from '../cli/exit-codes.js';
import { type CommandContext, wholeNumber, withoutSession } from '../cli/command-context.js';
import type { RotateOptions } from '../up/rotation-commands.js';

/** `freehold signing-keys …`: for who has the installation's folder. */
export const signingKeysCommands = (context: CommandContext): Command =>
  rotatedBy(context, {
    group: 'signing-keys',
    keys: 'the keys by which services know each other',
    summary: 'other keys for all services, while everything runs',
    description: 'Makes another key for each service; the old ones are believed for a while. Nothing is restarted.',
    settle: ['until the new ones sign: longer than it takes until every machine has them', 10],
    overlap: ['minutes', 'so long the old ones are believed afterwards', 15],
    further: 'Services on other machines',
    rotate: async (options) => {
      const { rotateSigningKeysOf } = await import('../up/rotation-commands.js');
      return rotateSigningKeysOf(options, context.terminal, context.surroundings);
    },
  });

/** `freehold provider-key …`: for who has the installation's folder. */
export const providerKeyCommands = (context: CommandContext): Command =>
  rotatedBy(context, {
    group: 'provider-key',
    keys: 'the key by which other providers know this one',
    summary: 'another key for others, while everything runs',
    description: 'Makes another key, signed with the old one; moves under way go on. Nothing is restarted.',
    settle: ['until the new one signs: longer than others keep a description', 70],
    overlap: ['minutes', 'so long requests of the old one are accepted', 60],
    further: 'What becomes of the old key',
    rotate: async (options) => {
      const { rotateProviderKeyOf } = await import('../up/rotation-commands.js');
      return rotateProviderKeyOf(options, context.terminal, context.surroundings);
    },
  });

/** `freehold log-key …`: for who has the installation's folder. */
export const logKeyCommands = (context: CommandContext): Command =>
  rotatedBy(context, {
    group: 'log-key',
    keys: 'the key that the log’s checkpoints are signed with',
    summary: 'another key for the log, while everything runs',
    description: 'Makes another key, signed with the old one, which signs along for a while. Nothing is restarted.',
    settle: ['until the new one signs: longer than others keep a description', 70],
    overlap: ['days', 'so long the old one signs along, for who has to be told', 30],
    further: 'What auditors and witnesses see of it',
    rotate: async (options) => {
      const { rotateLogKeyOf } = await import('../up/rotation-commands.js');
      return rotateLogKeyOf(options, context.terminal, context.surroundings);
    },
  });

/** `freehold witness-key …`: for who has the installation's folder. */
export const witnessKeyCommands = (context: CommandContext): Command =>
  rotatedBy(context, {
    group: 'witness-key',
    keys: 'the key that logs of others are cosigned with',
    summary: 'another key for the witness, while everything runs',
    description: 'Makes another key, signed with the old one, which signs along for a while. Nothing is restarted.',
    settle: ['until the new one signs: longer than others keep a description', 70],
    overlap: ['days', 'so long the old one signs along, for who has to be told', 30],
    further: 'What those who trust this witness see of it',
    rotate: async (options) => {
      const { rotateWitnessKeyOf } = await import('../up/rotation-commands.js');
      return rotateWitnessKeyOf(options, context.terminal, context.surroundings);
    },
  });

interface Rotation {
  readonly group: string;
  /** What they are. */
  readonly keys: string;
  readonly summary: string;
  readonly description: string;
  /** What it is for, and the default: seconds. */
  readonly settle: readonly [string, number];
  /** The same, in its unit. */
  readonly overlap: readonly [keyof typeof OVERLAPS, string, number];
  /** What the guide tells more about. */
  readonly further: string;
  readonly rotate: (options: RotateOptions) => Promise<ExitCode>;
}

/** How many minutes one is, and how many there may be: a week, a year. */
const OVERLAPS = { minutes: [1, 10_080], days: [1_440, 366] } as const;

function rotatedBy(context: CommandContext, rotation: Rotation): Command {
  const { group, keys, settle, further } = rotation;
  const [unit, what, usual] = rotation.overlap;
  const [minutes, most] = OVERLAPS[unit];
  const rotate = new Command('rotate')
    .summary(rotation.summary)
    .description(rotation.description)
    .option('--home <folder>', 'the installation’s folder')
    .option('--settle <seconds>', settle[0], wholeNumber(2, 86_400), settle[1])
    .option(`--overlap <${unit}>`, what, wholeNumber(0, most), usual)
    .option('--json', 'answer as JSON')
    .addHelpText('after', `\n${further}: docs/provider/erasure-and-keys.md\nExample:\n  $ freehold ${group} rotate`)
    .action(
      withoutSession<RotateOptions>(context, (options) =>
        rotation.rotate({ ...options, overlap: options.overlap * minutes }),
      ),
    );
  const description = `${keys.charAt(0).toUpperCase()}${keys.slice(1)}, for who has the installation’s folder.`;
  return new Command(group).summary(keys).description(description).addCommand(rotate);
}
