import type { Position } from '@freehold/kernel';

/** What went wrong with the log, as opposed to what was refused. Each keeps its cause and says what to do. */
export abstract class LogFailure extends Error {
  abstract readonly hint: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** No answer to an append: the commit may be stored or not. 503 `outcome-unknown`, never a finding. */
export class OutcomeUnknown extends LogFailure {
  override readonly hint =
    'Send the same command with the same id again: it has one effect, and the answer is the same.';

  constructor(
    readonly subject: string,
    readonly commandId: string,
    options?: ErrorOptions,
  ) {
    super(`Nobody answered whether command ${commandId} is stored in ${subject}`, options);
  }
}

/** A read got no answer. */
export class LogUnavailable extends LogFailure {
  override readonly hint =
    'The log’s server is away or starting; try again shortly, and look at `freehold doctor` if it stays so.';

  constructor(
    readonly asked: string,
    options?: ErrorOptions,
  ) {
    super(`The log did not answer ${asked}`, options);
  }
}

/** A later volume has begun though this one takes commits still: nothing of the log can be relied on. */
export class VolumeOpen extends LogFailure {
  override readonly hint =
    'Somebody made or changed a stream of the log by hand. Stop writing; `freehold doctor` shows the volumes.';

  constructor(readonly volume: number) {
    super(`Volume ${volume} of the log is not closed, and a later one has begun`);
  }
}

/** The server answered an append, or a read, with something else than a conflict: nothing was stored. */
export class AppendRefused extends LogFailure {
  override readonly hint =
    'Nothing was stored. A full volume, a lost permission or a wrong configuration: `freehold doctor` tells which.';

  constructor(
    readonly subject: string,
    readonly code: number,
    readonly description: string,
    options?: ErrorOptions,
  ) {
    super(`The log refused a commit of ${subject}: ${description} (${code})`, options);
  }
}

export class CommitTooLarge extends LogFailure {
  override readonly hint = 'Store what is big elsewhere and name it in the event by its digest.';

  constructor(
    readonly sizeBytes: number,
    readonly limitBytes: number,
  ) {
    super(`A commit of ${sizeBytes} bytes is above the limit of ${limitBytes}`);
  }
}

/** A commit that the schema of commits does not accept: a bug of its author. */
export class CommitInvalid extends LogFailure {
  override readonly hint = 'Make the commit match the schema `Commit` of @freehold/kernel.';

  constructor(options: ErrorOptions) {
    super('The commit does not match its schema', options);
  }
}

/** What the log holds at this place is no commit, or an event that does not match its contract. */
export class UnreadableCommit extends LogFailure {
  override readonly hint =
    'Whoever reads on must stop or park here. Find out who wrote it: only services write the log.';

  constructor(
    readonly position: Position,
    readonly subject: string,
    options: ErrorOptions,
  ) {
    super(`The message at ${position} of ${subject} cannot be read`, options);
  }
}

/** A type of event that this program does not know: an older program must not skip what it cannot understand. */
export class UnknownEvent extends LogFailure {
  override readonly hint = 'Run a version of this service that knows the event, or add its contract or an upcaster.';

  constructor(
    readonly type: string,
    readonly position: Position,
    readonly subject: string,
  ) {
    super(`The event ${type} at ${position} of ${subject} is not known to this program`);
  }
}

/** An aggregate's commits do not join: a version or a `previous` is wrong or missing. */
export class BrokenChain extends LogFailure {
  override readonly hint =
    'Somebody wrote without expectation, or history was removed. Stop writing and compare with a mirror or backup.';

  constructor(
    readonly subject: string,
    readonly position: Position,
    detail: string,
  ) {
    super(`The commits of ${subject} do not join at ${position}: ${detail}`);
  }
}

/** Other commits kept coming first until the deadline. 503: nothing was stored. */
export class Contended extends LogFailure {
  override readonly hint = 'Nothing was stored. Try again; many commands want this one aggregate at once.';

  constructor(
    readonly subject: string,
    readonly attempts: number,
  ) {
    super(`Other commits of ${subject} came first ${attempts} times, until the deadline`);
  }
}
