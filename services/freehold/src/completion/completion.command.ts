import { Argument, Command } from 'commander';
import type { CommandContext } from '../cli/command-context.js';
import { EXIT } from '../cli/exit-codes.js';
import { completionScript, type Shell, SHELLS } from './completion.js';

/** `freehold completion <shell>`. */
export const completionCommand = ({ terminal, finish }: CommandContext): Command =>
  new Command('completion')
    .summary('what a shell needs to complete commands')
    .description('Prints what a shell needs to complete commands and options.')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText(
      'after',
      `
Examples:
  $ source <(freehold completion bash)
  $ freehold completion zsh > "\${fpath[1]}/_freehold"
  $ freehold completion fish > ~/.config/fish/completions/freehold.fish`,
    )
    .action((shell: Shell, _: unknown, self: Command) => {
      let program = self;
      while (program.parent !== null) program = program.parent;
      terminal.out(completionScript(shell, program).trimEnd());
      finish(EXIT.ok);
    });
