import { CommandFailure } from '../cli/command-failure.js';
import type { Surroundings } from '../freehold.config.js';
import { knownHome } from './home.js';
import { type Installation, readInstallation } from './installation.js';

/** The installation that a command is about, and its folder. @throws CommandFailure when there is none */
export function knownInstallation(
  said: string | undefined,
  surroundings: Surroundings,
): { home: string; installation: Installation } {
  const home = knownHome(said, surroundings);
  const installation = readInstallation(home);
  if (installation !== undefined) return { home, installation };
  throw new CommandFailure(`There is no installation in ${home}`, 'Say where it is: --home <folder>');
}
