import { type Failed, failed, type Refused, refusedWith } from './outcome.js';

/*
 * The one table from exceptions to answers. Keys are the names of error classes of the libraries, so that nothing heavy
 * is loaded for it; a test holds it against what the libraries export. What is not in it is a bug: `internal`, logged
 * with its correlation id and told to nobody.
 */

const OUTCOME_UNKNOWN = 'It may have happened or not; send the same request with the same Idempotency-Key again.';
const LOG_AWAY = 'The log does not answer at the moment; nothing was stored. Try again shortly.';
const LOG_CLOSED = 'The log takes nothing at the moment; nothing was stored. `freehold doctor` tells why.';
const VIEWS_AWAY = 'The read model cannot answer at the moment; commands go on. Try again shortly.';

const unavailable = (detail: string) => (): Failed => failed('unavailable', detail);
const internal = (): Failed => failed('internal', 'Something went wrong here; the correlation id finds it in the log.');

export const FAILURES: Readonly<Record<string, () => Failed | Refused>> = {
  OutcomeUnknown: () => failed('outcome-unknown', OUTCOME_UNKNOWN),
  LogUnavailable: unavailable(LOG_AWAY),
  VolumeOpen: unavailable(LOG_CLOSED),
  Contended: unavailable('Many changes want this one thing at once; nothing was stored. Try again shortly.'),
  AppendRefused: unavailable(LOG_CLOSED),
  Unavailable: unavailable('Something that this needs does not answer at the moment. Try again shortly.'),
  CommitTooLarge: internal,
  CommitInvalid: internal,
  UnreadableCommit: internal,
  UnknownEvent: internal,
  BrokenChain: internal,
  ViewsUnavailable: unavailable(VIEWS_AWAY),
  TimedOut: unavailable('The change is stored, but the read model is not there yet. Ask again shortly.'),
  ProjectionFailed: unavailable(VIEWS_AWAY),
  KeyErased: () =>
    refusedWith([
      {
        pointer: '',
        code: 'key-erased',
        detail: 'The data of whom this is about were erased for good; nothing new can be recorded.',
        hint: 'Register the operator anew, or order anew.',
      },
    ]),
  CursorUnreadable: () =>
    refusedWith([
      {
        pointer: '/cursor',
        code: 'cursor-invalid',
        detail: 'No list gave out this cursor.',
        hint: 'Pass `next` of the page before, unchanged; or none, for the first page.',
      },
    ]),
};

export const outcomeOf = (error: unknown): Failed | Refused =>
  (error instanceof Error ? (FAILURES[error.name] ?? internal) : internal)();
