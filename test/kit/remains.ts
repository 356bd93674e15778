import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Installation } from './installation.js';
import { processesIn } from './proc.js';

/** Where the process backend keeps an environment. */
export const environmentFolder = ({ home }: Pick<Installation, 'home'>, environment: string): string =>
  join(home, 'applications', 'process', 'environments', environment);

/** Names of a part's files in the sealed bags that a source still keeps. */
export const sealedFiles = ({ home }: Pick<Installation, 'home'>, part: string): string[] =>
  globSync(join(home, 'applications', 'moves', '*', 'bag', 'data', 'parts', part, '*')).map((path) => basename(path));

/** Commands of processes that belong to an environment: its units, and what holds them. */
export const runningOf = (installation: Pick<Installation, 'home'>, environment: string): string[] =>
  processesIn(environmentFolder(installation, environment)).map(({ command }) => command);
