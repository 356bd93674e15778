import { Command, InvalidArgumentError } from 'commander';
import type { Surroundings } from '../freehold.config.js';
import type { Terminal } from '../output/terminal.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { type CommonOptions, Session } from './session.js';

/** What the commands share: around them, and where the exit code goes. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly surroundings: Surroundings;
  finish(exitCode: ExitCode): void;
}

export interface CommandText {
  summary: string;
  /** What stands after `freehold `. */
  example: string;
  /** It changes something: takes --idempotency-key. */
  changes?: boolean;
  /** It is about one operator's things: takes --operator. */
  operator?: boolean;
}

/** A command for a running installation, with the options that all of them have. */
export function command(usage: string, { summary, example, changes, operator }: CommandText): Command {
  const made = new Command(usage.split(' ')[0]).summary(summary).description(summary);
  for (const argument of usage.split(' ').slice(1)) made.argument(argument);
  made.option('--json', 'answer as JSON');
  if (operator === true) made.option('--operator <operator>', 'whose: id, beginning of it, or name (for staff)');
  if (changes === true) {
    made.option('--idempotency-key <key>', 'of a repeat: the key that was printed when the outcome was unknown');
  }
  return made.addHelpText('after', `\nExample:\n  $ freehold ${example}`);
}

/** Runs with a session; what it returns is the exit code, nothing is 0. */
export function withSession<Options extends CommonOptions>(
  context: CommandContext,
  work: (session: Session, options: Options, args: readonly string[]) => Promise<ExitCode | void>,
) {
  return async (...given: unknown[]): Promise<void> => {
    const options = given.at(-2) as Options;
    const args = given
      .slice(0, -2)
      .flat()
      .filter((each) => typeof each === 'string');
    const session = Session.open(context.terminal, options, context.surroundings);
    context.finish((await work(session, options, args)) ?? EXIT.ok);
  };
}

/** Runs without a profile or an installation, on what lies on this machine. */
export function withoutSession<Options extends object>(
  context: CommandContext,
  work: (options: Options, args: readonly string[]) => Promise<ExitCode>,
) {
  return async (...given: unknown[]): Promise<void> => {
    const args = given.slice(0, -2).filter((each) => typeof each === 'string');
    context.finish(await work(given.at(-2) as Options, args));
  };
}

/** For options that take a whole number. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };
