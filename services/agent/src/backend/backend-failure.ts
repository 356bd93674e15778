/** What can go wrong in a backend. Exhaustive: the reconciler's table decides go on, retry, park or stop. */
export type BackendFailureCode =
  | 'input-malformed'
  | 'path-leaves-environment'
  | 'file-unknown'
  | 'file-unsafe'
  | 'file-too-large'
  | 'environment-unknown'
  | 'record-unreadable'
  | 'folder-not-reachable'
  | 'host-unsuitable'
  | 'ports-used-up'
  | 'users-used-up'
  | 'python-missing'
  | 'release-conflict'
  | 'release-failed'
  | 'unit-not-started'
  | 'unit-not-stopped'
  | 'exec-not-started'
  | 'exec-timed-out'
  | 'closing-not-possible';

export interface BackendFailureFields {
  /** What to do about it. */
  readonly hint: string;
  /** Offending values; never a secret. */
  readonly values?: Readonly<Record<string, string | number>>;
  readonly cause?: unknown;
}

/** A failure of a backend: code for programs, message and hint for people, the cause kept. */
export class BackendFailure extends Error {
  override readonly name = 'BackendFailure';
  readonly hint: string;
  readonly values: Readonly<Record<string, string | number>>;

  constructor(
    readonly code: BackendFailureCode,
    message: string,
    fields: BackendFailureFields,
  ) {
    super(message, { cause: fields.cause });
    this.hint = fields.hint;
    this.values = fields.values ?? {};
  }
}

export { errnoOf } from './errno.js';
