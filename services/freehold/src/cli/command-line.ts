import { CommanderError } from 'commander';
import { ProblemAnswered } from '../api/api-failures.js';
import { readSurroundings } from '../freehold.config.js';
import { openTerminal, type Terminal } from '../output/terminal.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { programOf } from './program.js';
import { renderFailure } from './render-failure.js';

/** Runs one command; never throws. */
export async function runCommandLine(args: readonly string[]): Promise<ExitCode> {
  const surroundings = readSurroundings();
  const terminal = openTerminal(surroundings);
  let exitCode: ExitCode = EXIT.ok;
  const program = programOf({ terminal, surroundings, finish: (given) => void (exitCode = given) });
  for (const each of [program, ...program.commands.flatMap((group) => [group, ...group.commands])]) each.exitOverride();
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return sayFailure(error, args, terminal);
  }
}

function sayFailure(error: unknown, args: readonly string[], terminal: Terminal): ExitCode {
  const repeat = ['freehold', ...withoutKey(args)].map(quoted).join(' ');
  const { lines, exitCode } = renderFailure(error, terminal.colours, repeat);
  if (args.includes('--json') && error instanceof ProblemAnswered)
    terminal.out(JSON.stringify(error.problem, undefined, 2));
  else for (const line of lines) terminal.err(line);
  return exitCode;
}

/** The command as it is to be typed again, with the key added anew. */
function withoutKey(args: readonly string[]): string[] {
  const at = args.indexOf('--idempotency-key');
  return at < 0 ? [...args] : args.toSpliced(at, 2);
}

const quoted = (arg: string): string =>
  /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", String.raw`'\''`)}'`;
