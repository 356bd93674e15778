import { NotReached, ProblemAnswered } from '../api/api-failures.js';
import { EXIT, type ExitCode } from '../cli/exit-codes.js';
import { CommandFailure } from '../cli/command-failure.js';
import { type CommonOptions, Session } from '../cli/session.js';
import type { Surroundings } from '../freehold.config.js';
import type { Terminal } from '../output/terminal.js';
import { knownHome } from '../up/home.js';
import { readInstallation } from '../up/installation.js';
import { type Check, problem } from './checks.js';
import { keysChecks } from './keys-check.js';
import { machineChecks } from './machine-checks.js';
import { serviceChecks } from './service-checks.js';
import { logChecks } from '../volumes/volumes-check.js';

export type DoctorOptions = CommonOptions & { home?: string };

/** Looks at this machine and at what runs; each finding has its remedy. */
export async function doctor(
  options: DoctorOptions,
  terminal: Terminal,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const home = knownHome(options.home, surroundings);
  const natsServer = surroundings.natsServer ?? readInstallation(home)?.natsServer;
  const checks = [
    ...(await machineChecks({ home, natsServer })),
    ...keysChecks(home),
    ...(await logChecks(home)),
    ...(await runningChecks(() => Session.open(terminal, options, surroundings))),
  ];
  if (options.json === true) terminal.out(JSON.stringify(checks, undefined, 2));
  else for (const line of checks.flatMap((check) => lines(check, terminal))) terminal.out(line);
  return checks.some(({ status }) => status === 'problem') ? EXIT.unavailable : EXIT.ok;
}

async function runningChecks(open: () => Session): Promise<Check[]> {
  try {
    return await serviceChecks(open());
  } catch (error) {
    if (error instanceof CommandFailure) return [problem('API', error.message, error.hint)];
    if (error instanceof NotReached) return [problem('API', error.message, error.hint)];
    if (error instanceof ProblemAnswered) {
      return [
        problem('API', error.problem.detail ?? error.message, error.problem.hint ?? 'Look at <home>/log/freehold.log.'),
      ];
    }
    throw error;
  }
}

function lines({ name, status, detail, remedy }: Check, { colours }: Terminal): string[] {
  const mark = { ok: colours.green('✓'), notice: colours.yellow('!'), problem: colours.red('✗') }[status];
  return [`${mark} ${name}: ${detail}`, ...(remedy === null ? [] : [`  → ${remedy}`])];
}
