import type { Finding } from '@freehold/kernel';
import { type CommandContext, withoutSession } from '../../cli/command-context.js';
import { EXIT, type ExitCode } from '../../cli/exit-codes.js';
import { explained, type LocalOptions, LocalOutput } from '../../cli/local-command.js';

/** What was looked at is not what it should be: every reason, and the exit code is 3. */
export class EvidenceRefused extends Error {
  override readonly name = 'EvidenceRefused';

  constructor(
    message: string,
    readonly findings: readonly Finding[],
  ) {
    super(message);
  }
}

/** Runs without an installation; what is refused is listed, what the machine refuses says what to do. */
export const onEvidence = <Options extends LocalOptions>(
  context: CommandContext,
  work: (output: LocalOutput, options: Options, args: readonly string[]) => Promise<ExitCode>,
) =>
  withoutSession<Options>(context, async (options, args) => {
    const output = new LocalOutput(context.terminal, options.json === true);
    try {
      return await work(output, options, args);
    } catch (error) {
      if (!(error instanceof EvidenceRefused)) throw explained(error);
      if (output.json) output.show({ error: error.message, findings: error.findings }, () => '');
      else output.findings(`${error.message}.`, error.findings);
      return EXIT.refused;
    }
  });
