import type { Refused, Failed } from '@freehold/platform';

/*
 * Every problem that the door answers with, in words that stay: `type` is `<public address>/problems/<code>`, and the
 * gateway serves the page.
 */

interface ProblemText {
  status: number;
  title: string;
  /** How it comes about. */
  cause: string;
  /** What to do. */
  remedy: string;
}

export const PROBLEMS = {
  'not-found': {
    status: 404,
    title: 'There is nothing here',
    cause: 'The address is not one of the API, the thing never existed, or it belongs to somebody else.',
    remedy: 'Check the address and the ids in it, and whose key you use.',
  },
  forbidden: {
    status: 403,
    title: 'Your role does not permit this',
    cause: 'The key is valid and the thing is yours, but the key’s role lacks the permission that is named.',
    remedy: 'Use a key whose role has the permission, or ask somebody who has one.',
  },
  unauthorized: {
    status: 401,
    title: 'No valid credential',
    cause: 'No key was sent, or it is unknown, revoked or expired; or another provider’s signature does not hold.',
    remedy:
      'Send `Authorization: Bearer <key>`; `freehold login` keeps a key for the command line. Providers sign (RFC 9421).',
  },
  invalid: {
    status: 422,
    title: 'It cannot be done as it was asked',
    cause: 'Every reason is in `errors`, with the place in what was sent, a stable code, and what to do.',
    remedy: 'Correct what `errors` lists and send it again; nothing happened.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The Idempotency-Key belongs to another request',
    cause: 'The same key was used before with another body.',
    remedy: 'Make a new key for a new request; repeat a key only with the same body.',
  },
  'precondition-failed': {
    status: 412,
    title: 'It changed meanwhile',
    cause: 'If-Match names a version that is no longer the current one.',
    remedy: 'Read it again, decide again, and send its new ETag as If-Match.',
  },
  conflict: {
    status: 409,
    title: 'Something else is under way',
    cause: 'Another change that excludes this one has not ended.',
    remedy: 'Wait for it to end, then send this again.',
  },
  'malformed-request': {
    status: 400,
    title: 'The request cannot be read',
    cause: 'The body is no JSON, the address is not encoded correctly, or a header does not have its form.',
    remedy: 'Correct the form; `errors` says what is wrong.',
  },
  'idempotency-key-missing': {
    status: 400,
    title: 'A change needs an Idempotency-Key',
    cause: 'Without one, a repeat after a lost answer would have a second effect.',
    remedy: 'Send `Idempotency-Key: <a new UUID>`, and the same one with every repeat of this request.',
  },
  'payload-too-large': {
    status: 413,
    title: 'The body is too large',
    cause: 'A body has at most 1 MiB.',
    remedy: 'Send less at once.',
  },
  'media-type-unsupported': {
    status: 415,
    title: 'The body is not JSON',
    cause: 'Bodies are `application/json`, in UTF-8, without compression.',
    remedy: 'Send JSON with `Content-Type: application/json`.',
  },
  unavailable: {
    status: 503,
    title: 'Not at the moment',
    cause: 'A part of the system is away or starting. Nothing was stored by this request.',
    remedy: 'Try again after the seconds in Retry-After; a change with the same Idempotency-Key.',
  },
  'outcome-unknown': {
    status: 503,
    title: 'It may have happened or not',
    cause: 'No answer came in time.',
    remedy: 'Send the same request with the same Idempotency-Key again: it has one effect.',
  },
  internal: {
    status: 500,
    title: 'Something went wrong here',
    cause: 'A bug. It is logged under the correlation id.',
    remedy: 'Report the correlation id to the provider.',
  },
} as const satisfies Record<string, ProblemText>;

export type ProblemCode = keyof typeof PROBLEMS;

const BY_REASON: Readonly<Record<Refused['reason'] | Failed['reason'], ProblemCode>> = {
  'not-found': 'not-found',
  forbidden: 'forbidden',
  unauthorized: 'unauthorized',
  invalid: 'invalid',
  precondition: 'precondition-failed',
  conflict: 'conflict',
  unavailable: 'unavailable',
  'outcome-unknown': 'outcome-unknown',
  internal: 'internal',
};

/** Findings that are problems of their own. */
const BY_FINDING: Readonly<Record<string, ProblemCode>> = {
  'idempotency-key-reused': 'idempotency-key-reused',
  'body-too-large': 'payload-too-large',
};

export const problemCodeOf = (outcome: Refused | Failed): ProblemCode =>
  (outcome.kind === 'refused' ? BY_FINDING[outcome.findings[0]?.code ?? ''] : undefined) ?? BY_REASON[outcome.reason];

const BY_STATUS: Readonly<Record<number, ProblemCode>> = {
  404: 'not-found',
  405: 'not-found',
  413: 'payload-too-large',
  415: 'media-type-unsupported',
};

/** For what the HTTP framework answers by itself. */
export const problemCodeOfStatus = (status: number): ProblemCode =>
  BY_STATUS[status] ?? (status >= 400 && status < 500 ? 'malformed-request' : 'internal');

export const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(PROBLEMS, code);
