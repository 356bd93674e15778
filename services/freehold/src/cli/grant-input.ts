import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { CommandFailure } from './command-failure.js';

/** The body of `takeMove` allows no more. */
const MAX_CHARACTERS = 4_000;

/**
 * A grant as it is typed: itself, `-` for standard input, or `@file`. Lines that were broken on the way are put together.
 *
 * @throws CommandFailure when there is none, or what there is cannot be one.
 */
export async function readGrant(given: string, stdin: () => Promise<string> = () => text(process.stdin)) {
  const grant = (await grantText(given, stdin)).replaceAll(/\s/g, '');
  const hint = 'At the source: freehold move grant <deployment> prints one line; hand in all of it.';
  if (grant === '') throw new CommandFailure('No grant was given', hint);
  if (grant.length > MAX_CHARACTERS) throw new CommandFailure('That is too long for a grant', hint);
  return grant;
}

async function grantText(given: string, stdin: () => Promise<string>): Promise<string> {
  if (given === '-') return stdin();
  if (!given.startsWith('@')) return given;
  return readFile(given.slice(1), 'utf8').catch(() => {
    throw new CommandFailure(`${given.slice(1)} cannot be read`, 'Check the path and its permissions.');
  });
}
