import { Problem } from '@freehold/kernel';
import { randomUUID } from 'node:crypto';

export interface HttpAsk {
  method?: string;
  key?: string | null;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is. */
  text?: string;
  /** Null: none. Default: a new one for whatever is no GET. */
  idempotencyKey?: string | null;
  headers?: Readonly<Record<string, string>>;
}

export interface HttpAnswer {
  status: number;
  headers: Headers;
  /** The bytes of the body, as text. */
  text: string;
}

/** One request as it stands, without a schema or a second try. */
export async function askHttp(address: string, path: string, asked: HttpAsk = {}): Promise<HttpAnswer> {
  const { method = 'GET', key = null, body, text, headers = {} } = asked;
  const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
  const idempotencyKey = asked.idempotencyKey === undefined && method !== 'GET' ? randomUUID() : asked.idempotencyKey;
  const response = await fetch(new URL(path, address), {
    method,
    headers: {
      ...(key === null ? {} : { Authorization: `Bearer ${key}` }),
      ...(sent === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(idempotencyKey === null || idempotencyKey === undefined ? {} : { 'Idempotency-Key': idempotencyKey }),
      ...headers,
    },
    ...(sent === undefined ? {} : { body: sent }),
    signal: AbortSignal.timeout(30_000),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** @throws when the answer is not problem+json whose status is the answer's. */
export function problemOf({ status, headers, text }: HttpAnswer): Problem {
  const type = headers.get('content-type') ?? '';
  if (type !== 'application/problem+json') throw new Error(`${status} was answered as ${type}: ${text.slice(0, 300)}`);
  const problem = Problem.parse(JSON.parse(text));
  if (problem.status === status) return problem;
  throw new Error(`the problem says ${problem.status}, the answer ${status}`);
}

/** The last word of the problem's type: its stable code. */
export const problemCode = ({ type }: Problem): string => type.split('/').at(-1) ?? '';
