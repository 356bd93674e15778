import { Command } from 'commander';
import { type CommandContext, wholeNumber, withoutSession } from '../cli/command-context.js';
import type { RotateOptions } from '../up/rotation-commands.js';

/** `freehold provider-key …`: for who has the installation's folder. */
export function providerKeyCommands(context: CommandContext): Command {
  const group = new Command('provider-key')
    .summary('the key by which others know this provider')
    .description('The key by which other providers know this one, for who has the installation’s folder.');
  group.addCommand(rotate(context));
  return group;
}

const rotate = (context: CommandContext): Command =>
  new Command('rotate')
    .summary('another key for others, while everything runs')
    .description('Makes another key, signed with the old one; moves under way go on. Nothing is restarted.')
    .option('--home <folder>', 'the installation’s folder')
    .option(
      '--settle <seconds>',
      'until the new one signs: longer than others keep a description',
      wholeNumber(2, 86_400),
      70,
    )
    .option('--overlap <minutes>', 'so long requests of the old one are accepted', wholeNumber(0, 10_080), 60)
    .option('--json', 'answer as JSON')
    .addHelpText(
      'after',
      '\nWhat becomes of the old key: docs/provider/erasure-and-keys.md\nExample:\n  $ freehold provider-key rotate',
    )
    .action(
      withoutSession<RotateOptions>(context, async (options) => {
        const { rotateProviderKeyOf } = await import('../up/rotation-commands.js');
        return rotateProviderKeyOf(options, context.terminal, context.surroundings);
      }),
    );
