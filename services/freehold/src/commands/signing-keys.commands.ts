import { Command } from 'commander';
import { type CommandContext, wholeNumber, withoutSession } from '../cli/command-context.js';
import type { RotateOptions } from '../up/rotation-commands.js';

/** `freehold signing-keys …`: for who has the installation's folder. */
export function signingKeysCommands(context: CommandContext): Command {
  const group = new Command('signing-keys')
    .summary('the keys by which services know each other')
    .description('The keys by which services know each other, for who has the installation’s folder.');
  group.addCommand(rotate(context));
  return group;
}

const rotate = (context: CommandContext): Command =>
  new Command('rotate')
    .summary('other keys for all services, while everything runs')
    .description('Makes another key for each service; the old ones are believed for a while. Nothing is restarted.')
    .option('--home <folder>', 'the installation’s folder')
    .option(
      '--settle <seconds>',
      'until the new ones sign: longer than it takes until every machine has them',
      wholeNumber(2, 86_400),
      10,
    )
    .option('--overlap <minutes>', 'so long the old ones are believed afterwards', wholeNumber(0, 10_080), 15)
    .option('--json', 'answer as JSON')
    .addHelpText(
      'after',
      '\nServices on other machines: docs/provider/erasure-and-keys.md\nExample:\n  $ freehold signing-keys rotate',
    )
    .action(
      withoutSession<RotateOptions>(context, async (options) => {
        const { rotateSigningKeysOf } = await import('../up/rotation-commands.js');
        return rotateSigningKeysOf(options, context.terminal, context.surroundings);
      }),
    );
