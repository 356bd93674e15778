import { UnreadableCommit } from '@freehold/log';
import { isDataFailure } from './database-failure.js';
import { BuildFailed, ProjectionFailed } from './projection.errors.js';

/** A newer program has made the tables anew: this one must not take them back. */
export class Replaced extends Error {
  constructor(name: string) {
    super(`another version of the program has made the tables of "${name}" anew; stop this one`);
    this.name = new.target.name;
  }
}

/** What another attempt would not change. Everything else is tried again, visibly. */
export const isFinal = (failure: unknown): boolean =>
  failure instanceof ProjectionFailed ||
  failure instanceof UnreadableCommit ||
  failure instanceof Replaced ||
  (failure instanceof BuildFailed && failure.isFinal) ||
  isDataFailure(failure);

/** To be said where the build was asked for. */
export const buildFailureOf = (failure: unknown): Pick<BuildFailed, 'reason' | 'isFinal'> => ({
  reason: reasonOf(failure),
  isFinal: isFinal(failure),
});

export const reasonOf = (failure: unknown): string => {
  if (!(failure instanceof Error)) return String(failure);
  const { cause } = failure;
  return cause instanceof Error && failure instanceof ProjectionFailed
    ? `${failure.message}: ${cause.message}`
    : failure.message;
};
