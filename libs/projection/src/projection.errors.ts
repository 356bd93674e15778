import type { Position } from '@freehold/kernel';

/** A read model's failures: exceptions, each with a remedy and its cause. */
export abstract class ViewFailure extends Error {
  abstract readonly hint: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A commit that a projection cannot read or fold: an unknown event, one that breaks its contract, or a bug in `evolve`. The runner stops. */
export class ProjectionFailed extends ViewFailure {
  override readonly hint =
    'Nothing was skipped: the views stand before this position. Run a version that can read it; the runner then goes on.';

  constructor(
    readonly projection: string,
    readonly position: Position,
    options: ErrorOptions,
  ) {
    super(`The projection "${projection}" cannot go past ${position}`, options);
  }
}

/** Said by what builds views elsewhere, of a build that came to no end. */
export class BuildFailed extends ViewFailure {
  override readonly hint =
    'Nothing has changed; the views before go on, and it is tried again unless that changes nothing.';

  constructor(
    readonly reason: string,
    /** Another attempt would not change it. */
    readonly isFinal: boolean,
    options?: ErrorOptions,
  ) {
    super(reason, options);
  }
}

/** The views cannot be asked now: 503. Commands go on. */
export class ViewsUnavailable extends ViewFailure {
  override readonly hint = 'Commands go on. Ask again shortly; `freehold doctor` tells what the views wait for.';

  constructor(
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`The views cannot answer now: ${reason}`, options);
  }
}

/** The views did not reach a position in time: 503. */
export class TimedOut extends ViewFailure {
  override readonly hint = 'The change is stored. Ask again with the same `after`, or without it for an older answer.';

  constructor(
    readonly wanted: Position,
    readonly reached: Position,
    readonly timeoutMs: number,
  ) {
    super(`The views stand at ${reached} and did not reach ${wanted} within ${timeoutMs} ms`);
  }
}

/** A cursor that no list of this view gave out. */
export class CursorUnreadable extends ViewFailure {
  override readonly hint =
    'Pass `next` of the page before, unchanged, with the same order; or none, for the first page.';

  constructor(
    readonly cursor: string,
    options?: ErrorOptions,
  ) {
    super('The cursor does not belong to this list', options);
  }
}
