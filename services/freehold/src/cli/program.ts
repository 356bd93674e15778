import { Command } from 'commander';
import { auditCommands } from '../commands/audit/audit.commands.js';
import { bagCommands } from '../commands/bag/bag.commands.js';
import { appsCommand } from '../commands/catalogue.command.js';
import { listCommand, settingsCommand, showCommand, switchCommand } from '../commands/deployment.commands.js';
import { diffCommand } from '../commands/diff.command.js';
import { exportCommand } from '../commands/export/export.command.js';
import { historyCommand } from '../commands/history.commands.js';
import { keyCommands } from '../commands/key.commands.js';
import { logCommands } from '../commands/log.commands.js';
import { loginCommand } from '../commands/login.command.js';
import { logsCommand } from '../commands/logs.command.js';
import { masterKeyCommands } from '../commands/master-key.commands.js';
import {
  logKeyCommands,
  providerKeyCommands,
  signingKeysCommands,
  witnessKeyCommands,
} from '../commands/rotation.commands.js';
import { moveCommands } from '../commands/move/move.commands.js';
import { openCommand } from '../commands/open.command.js';
import { operatorCommands } from '../commands/operator.commands.js';
import { orderCommand } from '../commands/order.command.js';
import { projectionsCommands } from '../commands/projections.command.js';
import { replayCommand } from '../commands/replay.command.js';
import { retireCommand } from '../commands/retire.command.js';
import { doctorCommand, serveCommand, upCommand } from '../commands/serving.commands.js';
import { workCommands } from '../commands/work.commands.js';
import { completionCommand } from '../completion/completion.command.js';
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
    appsCommand(context),
    orderCommand(context),
    listCommand(context),
    showCommand(context),
    openCommand(context),
    settingsCommand(context),
    logsCommand(context),
    switchCommand(context, 'suspend'),
    switchCommand(context, 'resume'),
    retireCommand(context),
    historyCommand(context),
    diffCommand(context),
    replayCommand(context),
    moveCommands(context),
    exportCommand(context),
    bagCommands(context),
    auditCommands(context),
    workCommands(context),
    projectionsCommands(context),
    masterKeyCommands(context),
    signingKeysCommands(context),
    providerKeyCommands(context),
    logKeyCommands(context),
    witnessKeyCommands(context),
    logCommands(context),
    doctorCommand(context),
    completionCommand(context),
  ];
  for (const each of commands) program.addCommand(each);
  return program;
}
