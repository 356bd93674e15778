/**
 * The source was not reached, or broke off: tried again, by range where bytes are there already. (It imports nothing, so
 * that the receiving thread can have it, too.)
 */
export class TransferBroken extends Error {
  override readonly name = 'TransferBroken';
  readonly what: string;
  /** Of the answer, where it is what broke. */
  readonly status: number | null;

  constructor(what: string, { cause, status = null }: { cause?: unknown; status?: number | null } = {}) {
    super(`the source of the move did not answer as it should: ${what}`, { cause });
    this.what = what;
    this.status = status;
  }
}
