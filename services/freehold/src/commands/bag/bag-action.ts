import { BagFailure } from '@freehold/bag';
import { type CommandContext, withoutSession } from '../../cli/command-context.js';
import { EXIT, type ExitCode } from '../../cli/exit-codes.js';
import { explained, type LocalOptions, LocalOutput } from '../../cli/local-command.js';

/** Runs; what a bag is refused for is listed and is exit code 3, what the machine refuses says what to do. */
export const onBags = <Options extends LocalOptions>(
  context: CommandContext,
  work: (output: LocalOutput, options: Options, args: readonly string[]) => Promise<ExitCode>,
) =>
  withoutSession<Options>(context, async (options, args) => {
    const output = new LocalOutput(context.terminal, options.json === true);
    try {
      return await work(output, options, args);
    } catch (error) {
      if (!(error instanceof BagFailure)) throw explained(error);
      const { message, findings, cause } = error;
      if (findings.length === 0) {
        const known = explained(cause, sentence(message));
        throw known === cause ? error : known;
      }
      if (output.json) output.show({ error: message, findings }, () => '');
      else output.findings(`${sentence(message)}.`, findings);
      return EXIT.refused;
    }
  });

const sentence = (message: string): string => message.charAt(0).toUpperCase() + message.slice(1);
