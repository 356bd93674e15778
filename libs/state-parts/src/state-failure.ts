/**
 * - `engine-missing`: a program is not installed · `engine-version`: the installed one cannot read this state
 * - `engine-failed`: a program ended with an error, `detail` has the end of what it printed · `engine-refused-root`
 * - `state-in-use`: another process works on it · `state-changed`: it is not what was captured · `state-unreadable`
 * - `part-missing`: the state, or what was captured of it, is not there · `part-outside`: a path leaves the site
 * - `disk-full` · `run-folder-unfit`: too long, or closed to the environment's user
 * - `count-invalid`: a declared count did not answer one number
 */
export type StateFailureCode =
  | 'engine-missing'
  | 'engine-version'
  | 'engine-failed'
  | 'engine-refused-root'
  | 'state-in-use'
  | 'state-changed'
  | 'state-unreadable'
  | 'part-missing'
  | 'part-outside'
  | 'disk-full'
  | 'run-folder-unfit'
  | 'count-invalid';

/** State could not be captured, restored or counted. `detail`: the end of what a program printed. */
export class StateFailure extends Error {
  override readonly name = 'StateFailure';
  readonly code: StateFailureCode;
  readonly hint: string;
  readonly detail: string;

  constructor(
    code: StateFailureCode,
    message: string,
    more: { readonly hint: string; readonly detail?: string; readonly cause?: unknown },
  ) {
    super(message, { cause: more.cause });
    this.code = code;
    this.hint = more.hint;
    this.detail = more.detail ?? '';
  }
}

export const DISK_FULL_HINT = 'Make room on this disk, then repeat the step.';

/** The errno name of a Node error, for example `ENOENT`. By shape: it may come from another realm. */
export function errnoOf(error: unknown): string | undefined {
  const coded = typeof error === 'object' && error !== null && 'code' in error;
  return coded && typeof error.code === 'string' ? error.code : undefined;
}

export function isMissing(error: unknown): boolean {
  return errnoOf(error) === 'ENOENT';
}

/** The same error, but a full disk says so. */
export function diskFullOr(error: unknown, what: string): unknown {
  if (errnoOf(error) !== 'ENOSPC' && errnoOf(error) !== 'EDQUOT') return error;
  return new StateFailure('disk-full', `the disk is full while ${what}`, { hint: DISK_FULL_HINT, cause: error });
}
