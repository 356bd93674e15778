import { EXIT, type ExitCode } from './exit-codes.js';

/** A command that ends without its result, for a reason that its user can do something about. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';

  constructor(
    message: string,
    /** What to type next. */
    readonly hint: string,
    readonly exitCode: ExitCode = EXIT.usage,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
