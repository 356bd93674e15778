import type { Finding, Problem } from '@freehold/kernel';
import { type Failed, log, type Refused } from '@freehold/platform';
import { type ProblemCode, problemCodeOf, PROBLEMS } from '../domain/problem-codes.js';
import { correlationOf, type HttpResponse, send } from '../http/exchange.js';

interface ProblemDetail {
  detail?: string;
  errors?: readonly Finding[];
  headers?: Readonly<Record<string, string>>;
}

const HEADERS: Partial<Record<ProblemCode, Record<string, string>>> = {
  unauthorized: { 'WWW-Authenticate': 'Bearer' },
  unavailable: { 'Retry-After': '1' },
  'outcome-unknown': { 'Retry-After': '1' },
};

/** Answers with problem+json (RFC 9457); `publicUrl` stands before `/problems/<code>` in `type`. */
export class Problems {
  constructor(private readonly publicUrl: string) {}

  send(response: HttpResponse, code: ProblemCode, { detail, errors = [], headers = {} }: ProblemDetail = {}): void {
    const { status, title, cause, remedy } = PROBLEMS[code];
    const correlationId = correlationOf(response);
    const problem: Problem = {
      type: `${this.publicUrl}/problems/${code}`,
      title,
      status,
      detail: detail ?? errors[0]?.detail ?? cause,
      hint: errors[0]?.hint ?? remedy,
      errors: [...errors],
      correlationId,
    };
    if (status >= 500) log().warn({ correlation: correlationId, code }, 'answered with a problem');
    send(response, {
      status,
      contentType: 'application/problem+json',
      body: JSON.stringify(problem),
      headers: { ...HEADERS[code], ...headers },
    });
  }

  /** `challenge`: what a 401 asks for instead of a key. */
  sendOutcome(
    response: HttpResponse,
    outcome: Refused | Failed,
    challenge: Readonly<Record<string, string>> = {},
  ): void {
    const code = problemCodeOf(outcome);
    const told = outcome.kind === 'refused' ? { errors: outcome.findings } : { detail: outcome.detail };
    this.send(response, code, { ...told, ...(code === 'unauthorized' ? { headers: challenge } : {}) });
  }
}
