import type { Surroundings } from '../freehold.config.js';

/** Of Node (`node --help`) and V8. Half a young generation of 16 MiB would grow to 100 MB in all with the first large move. */
const FLAGS = ['--max-semi-space-size=2', '--expose-gc'];

/** Of glibc (mallopt(3)): an arena for each of a dozen threads keeps 70 MB more after a large move, and is no faster. */
const MALLOC = { MALLOC_ARENA_MAX: '2' };

/**
 * The platform, which runs for months, runs with flags that a person need not know: this process becomes it, with the same
 * number, by execve(2). Returns where it is that already.
 */
export function runWithFlags(environment: Surroundings['environment']): void {
  if (FLAGS.every((flag) => process.execArgv.includes(flag))) return;
  const { argv, execArgv, execPath } = process;
  process.execve?.(execPath, [execPath, ...FLAGS, ...execArgv, ...argv.slice(1)], { ...MALLOC, ...environment });
}
