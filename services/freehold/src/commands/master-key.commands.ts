import { Command } from 'commander';
import { type CommandContext, withoutSession } from '../cli/command-context.js';
import type { RotateOptions } from '../up/rotate-master-key.js';

/** `freehold master-key …`: for who has the installation's folder. */
export function masterKeyCommands(context: CommandContext): Command {
  const group = new Command('master-key')
    .summary('the key that wraps all others')
    .description('The key that wraps all others, for who has the installation’s folder.');
  group.addCommand(rotate(context));
  return group;
}

const rotate = (context: CommandContext): Command =>
  new Command('rotate')
    .summary('another master key, while everything runs')
    .description('Makes another master key and wraps every key of the vault anew. Nothing is restarted.')
    .option('--home <folder>', 'the installation’s folder')
    .option('--json', 'answer as JSON')
    .addHelpText(
      'after',
      '\nWhat becomes of the old key: docs/provider/erasure-and-keys.md\nExample:\n  $ freehold master-key rotate',
    )
    .action(
      withoutSession<RotateOptions>(context, async (options) => {
        const { rotateMasterKeyOf } = await import('../up/rotate-master-key.js');
        return rotateMasterKeyOf(options, context.terminal, context.surroundings);
      }),
    );
