import { Command } from 'commander';
import { historyCommand } from '../commands/history.commands.js';
import { keyCommands } from '../commands/key.commands.js';
import { loginCommand } from '../commands/login.command.js';
import { operatorCommands } from '../commands/operator.commands.js';
import { replayCommand } from '../commands/replay.command.js';
import { serveCommand, upCommand } from '../commands/serving.commands.js';
import type { CommandContext } from './command-context.js';
import { EXIT_CODES_HELP } from './exit-codes.js';

/** The tree of commands. Programs that serve are loaded when one of them runs. */
export function programOf(context: CommandContext): Command {
  const program = new Command('freehold')
    .description('Hosting you can leave: serving, and everything that a person does.')
    .version('0.1.0')
    .showHelpAfterError('(--help shows what it takes)')
    .addHelpText('after', `\n${EXIT_CODES_HELP}`);
  const commands = [
    upCommand(context),
    serveCommand(context),
    loginCommand(context),
    keyCommands(context),
    operatorCommands(context),
    historyCommand(context),
    replayCommand(context),
  ];
  for (const each of commands) program.addCommand(each);
  return program;
}
