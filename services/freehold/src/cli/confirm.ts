import { createInterface } from 'node:readline/promises';
import { CommandFailure } from './command-failure.js';

/**
 * Asks for the name of what is about to go for good.
 * @param what "Retiring chat.freehold.test": said when nobody can be asked
 * @throws CommandFailure when there is nobody to ask, or something else was typed
 */
export async function confirmByName(name: string, { what, question }: { what: string; question: string }) {
  if (!process.stdin.isTTY) {
    throw new CommandFailure(`${what} cannot be taken back`, 'Add --yes if you mean it; nobody can be asked here.');
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const typed = await terminal.question(`${question} Type its name to go on: `);
  terminal.close();
  if (typed.trim() !== name)
    throw new CommandFailure('That is not its name; nothing happened', `Type ${name} exactly.`);
}
