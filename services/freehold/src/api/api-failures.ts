import type { Problem } from '@freehold/kernel';

/** The API said no, or that it cannot. */
export class ProblemAnswered extends Error {
  override readonly name = 'ProblemAnswered';

  constructor(
    readonly problem: Problem,
    /** Of a change: send it again with this one. */
    readonly idempotencyKey: string | undefined,
  ) {
    super(problem.title);
  }

  /** The last part of the problem's type, such as `outcome-unknown`. */
  get code(): string {
    return this.problem.type.slice(this.problem.type.lastIndexOf('/') + 1);
  }
}

/** Nobody listens there. Nothing happened. */
export class NotReached extends Error {
  override readonly name = 'NotReached';

  constructor(
    readonly address: string,
    cause: unknown,
  ) {
    super(`Nobody answers at ${address}`, { cause });
  }
}

/** The connection broke before the answer came: a change may have happened. */
export class AnswerLost extends Error {
  override readonly name = 'AnswerLost';

  constructor(
    readonly address: string,
    readonly idempotencyKey: string | undefined,
    cause: unknown,
  ) {
    super(`The connection to ${address} broke before the answer came`, { cause });
  }
}
