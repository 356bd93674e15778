import { BagFailure } from '@freehold/bag';
import type { Finding } from '@freehold/kernel';
import { type CommandContext, withoutSession } from '../../cli/command-context.js';
import { CommandFailure } from '../../cli/command-failure.js';
import { EXIT, type ExitCode } from '../../cli/exit-codes.js';
import { renderFinding } from '../../cli/render-failure.js';
import { oneLine } from '../../output/table.js';
import type { Terminal } from '../../output/terminal.js';
import { z } from 'zod';

export interface BagOptions {
  json?: boolean;
}

/** Where a command on bags writes: JSON, or text for people. */
export class BagOutput {
  constructor(
    readonly terminal: Terminal,
    readonly json: boolean,
  ) {}

  show(value: unknown, text: () => string): void {
    this.terminal.out(this.json ? JSON.stringify(value, undefined, 2) : text());
  }

  /** Each with its file and its remedy. */
  findings(title: string, findings: readonly Finding[]): void {
    const { terminal } = this;
    terminal.err(terminal.colours.red(title));
    for (const finding of findings) for (const line of renderFinding(finding, terminal.colours)) terminal.err(line);
  }

  warnings(warnings: readonly Finding[]): void {
    const { terminal } = this;
    if (warnings.length > 0 && !this.json) terminal.err(terminal.colours.yellow('Worth knowing:'));
    if (!this.json)
      for (const each of warnings) for (const line of renderFinding(each, terminal.colours)) terminal.err(line);
  }
}

/** Runs; what a bag is refused for is listed and is exit code 3, what the machine refuses says what to do. */
export const onBags = <Options extends BagOptions>(
  context: CommandContext,
  work: (output: BagOutput, options: Options, args: readonly string[]) => Promise<ExitCode>,
) =>
  withoutSession<Options>(context, async (options, args) => {
    const output = new BagOutput(context.terminal, options.json === true);
    try {
      return await work(output, options, args);
    } catch (error) {
      if (!(error instanceof BagFailure) || error.findings.length === 0) throw explained(error);
      const { message, findings } = error;
      if (output.json) output.show({ error: message, findings }, () => '');
      else output.findings(`${sentence(message)}.`, findings);
      return EXIT.refused;
    }
  });

const sentence = (message: string): string => message.charAt(0).toUpperCase() + message.slice(1);

const REMEDIES: Readonly<Record<string, readonly [hint: string, exitCode: ExitCode]>> = {
  ENOENT: ['Check the path; see that nobody else writes there meanwhile.', EXIT.notFound],
  ENOTDIR: ['Name a folder.', EXIT.usage],
  EACCES: ['Run it as a user who may read and write there.', EXIT.notPermitted],
  EPERM: ['Run it as a user who may read and write there.', EXIT.notPermitted],
  EROFS: ['Name a place that can be written to.', EXIT.notPermitted],
  ENOSPC: ['Make room, then run it again; nothing was left behind.', EXIT.unavailable],
};

/** What the machine said, with its remedy where there is a known one. Errors of Node are told by their shape. */
function explained(error: unknown): unknown {
  const { code = '', message } = MachineError.safeParse(error instanceof BagFailure ? error.cause : error).data ?? {};
  const remedy = REMEDIES[code];
  if (remedy === undefined || message === undefined) return error;
  const [hint, exitCode] = remedy;
  return new CommandFailure(oneLine(error instanceof BagFailure ? sentence(error.message) : message), hint, exitCode);
}

const MachineError = z.object({ code: z.string(), message: z.string() });
