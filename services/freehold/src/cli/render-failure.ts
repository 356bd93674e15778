import { AnswerLost, NotReached, ProblemAnswered } from '../api/api-failures.js';
import { oneLine } from '../output/table.js';
import type { Terminal } from '../output/terminal.js';
import { CommandFailure } from './command-failure.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import type { Finding, Problem } from '@freehold/kernel';

type Colours = Terminal['colours'];

export interface Rendered {
  lines: string[];
  exitCode: ExitCode;
}

/** What happened, why, and what to type next. `repeat`: the command that was given, to be given again. */
export function renderFailure(error: unknown, colours: Colours, repeat: string): Rendered {
  const { red, dim } = colours;
  if (error instanceof ProblemAnswered) return renderProblem(error, colours, repeat);
  if (error instanceof CommandFailure) {
    return { lines: [red(error.message), `→ ${error.hint}`], exitCode: error.exitCode };
  }
  if (error instanceof NotReached) {
    return { lines: [red(`${error.message}.`), `→ ${error.hint}`], exitCode: EXIT.unavailable };
  }
  if (error instanceof AnswerLost) {
    return {
      lines: [red(`${error.message}.`), ...againLines(error.idempotencyKey, repeat)],
      exitCode: EXIT.unavailable,
    };
  }
  const { message, hint, cause } = detailsOf(error);
  const lines = [red(message), ...(cause === '' ? [] : [dim(cause)]), `→ ${hint}`];
  return { lines, exitCode: EXIT.unexpected };
}

/** A finding a line, with where it is and what to do; what it quotes may be a stranger's. */
export const renderFinding = ({ pointer, code, detail, hint }: Finding, { yellow, dim }: Colours): string[] => [
  `  ${yellow(pointer === '' ? '·' : oneLine(pointer))} ${oneLine(detail)} ${dim(`(${oneLine(code)})`)}`,
  `    → ${oneLine(hint)}`,
];

export function exitCodeOf({ status }: Pick<Problem, 'status'>): ExitCode {
  if (status === 404) return EXIT.notFound;
  if (status === 401 || status === 403) return EXIT.notPermitted;
  if (status === 503 || status === 429) return EXIT.unavailable;
  return status >= 500 ? EXIT.unexpected : EXIT.refused;
}

function renderProblem({ problem, code, idempotencyKey }: ProblemAnswered, colours: Colours, repeat: string): Rendered {
  const { red, dim } = colours;
  const { title, detail, errors, hint, correlationId } = problem;
  const why = errors.length > 0 ? errors.flatMap((each) => renderFinding(each, colours)) : [`  ${detail ?? ''}`];
  const remedy =
    code === 'outcome-unknown'
      ? againLines(idempotencyKey, repeat)
      : errors.length > 0 || hint === undefined
        ? []
        : [`→ ${hint}`];
  const lines = [
    red(`${title}.`),
    ...why,
    ...remedy,
    ...(correlationId === '' ? [] : [dim(`correlation ${correlationId}`)]),
  ];
  return { lines, exitCode: exitCodeOf(problem) };
}

/** The same key has one effect, however often it is sent. */
const againLines = (idempotencyKey: string | undefined, repeat: string): string[] =>
  idempotencyKey === undefined
    ? [`→ Try again: ${repeat}`]
    : [
        'It may have happened or not. The same key again has one effect:',
        `→ ${repeat} --idempotency-key ${idempotencyKey}`,
      ];

function detailsOf(error: unknown): { message: string; hint: string; cause: string } {
  const hint = 'See `freehold doctor`, and log/freehold.log in the installation’s folder.';
  if (!(error instanceof Error)) return { message: String(error), hint, cause: '' };
  const own = 'hint' in error && typeof error.hint === 'string' ? error.hint : hint;
  return { message: error.message, hint: own, cause: error.cause instanceof Error ? error.cause.message : '' };
}
