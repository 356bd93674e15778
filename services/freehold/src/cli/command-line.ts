import { readSurroundings } from '../freehold.config.js';
import { openTerminal } from '../output/terminal.js';
import type { ExitCode } from './exit-codes.js';
import { up } from '../up/up.command.js';

export async function runCommandLine(args: readonly string[]): Promise<ExitCode> {
  const surroundings = readSurroundings();
  const terminal = openTerminal(surroundings);
  const home = args.indexOf('--home');
  return up(home < 0 ? {} : { home: args[home + 1] ?? '' }, terminal, surroundings);
}
