/*
 * The one table from a follower's failures to what is done: retry for ever what passes, park (or stop at) at once what
 * can never be read, and give everything else, which is a bug or bad luck, a few tries first.
 */

/** `later`: for ever, with growing pauses. `never`: it will not get better. */
const KNOWN: Readonly<Record<string, 'later' | 'never'>> = {
  OutcomeUnknown: 'later',
  LogUnavailable: 'later',
  Contended: 'later',
  AppendRefused: 'later',
  ViewsUnavailable: 'later',
  TimedOut: 'later',
  Unavailable: 'later',
  TimeoutError: 'later',
  RequestError: 'later',
  NoRespondersError: 'later',
  ClosedConnectionError: 'later',
  UnreadableCommit: 'never',
  UnknownEvent: 'never',
  BrokenChain: 'never',
  CommitTooLarge: 'never',
  CommitInvalid: 'never',
  ZodError: 'never',
};

const TRIES = 5;

/** Thrown by a handler when what it needs is away at the moment. */
export class Unavailable extends Error {
  readonly hint = 'It is tried again by itself.';

  constructor(what: string, options?: ErrorOptions) {
    super(`${what} is not available at the moment`, options);
    this.name = 'Unavailable';
  }
}

/** @param tries how often it has failed, this time included. */
export function dispositionOf(error: unknown, tries: number): 'retry' | 'give-up' {
  const known = error instanceof Error ? KNOWN[error.name] : undefined;
  if (known === 'later') return 'retry';
  return known === 'never' || tries >= TRIES ? 'give-up' : 'retry';
}

/** 50 ms, doubling, at most 5 s. */
export const retryPauseMs = (tries: number): number => Math.min(5_000, 50 * 2 ** Math.min(tries - 1, 10));
