import { errors, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { LogUnavailable } from './log.errors.js';

/** JetStream's API by plain requests: what the client hides (error codes, exact times) is needed here. */
export const REQUEST_TIMEOUT_MS = 2_000;

/** An error of the JetStream API, `err_code` in the server's errors.json. */
export interface ApiError {
  code: number;
  err_code?: number;
  description?: string;
}

export interface ApiAnswer {
  error?: ApiError;
}

/** @throws LogUnavailable when nobody answers, or what answers is not JSON. */
export async function askApi<Answer extends ApiAnswer>(
  connection: NatsConnection,
  call: string,
  body: object | null = null,
): Promise<Answer> {
  try {
    const payload = body === null ? undefined : JSON.stringify(body);
    const answer = await connection.request(`$JS.API.${call}`, payload, { timeout: REQUEST_TIMEOUT_MS });
    return answer.json<Answer>();
  } catch (cause) {
    throw new LogUnavailable(call, { cause });
  }
}

export interface DirectMessage {
  subject: string;
  sequence: number;
  time: string;
  bytes: Uint8Array;
}

/**
 * A direct get, which any replica may answer. `call` is `<stream>.<subject>` for a subject's last message.
 *
 * @returns null when there is no such message.
 * @throws LogUnavailable
 */
export async function askDirect(
  connection: NatsConnection,
  call: string,
  body: object | null = null,
): Promise<DirectMessage | null> {
  const asked = `DIRECT.GET.${call}`;
  try {
    const payload = body === null ? undefined : JSON.stringify(body);
    const { headers, data } = await connection.request(`$JS.API.${asked}`, payload, { timeout: REQUEST_TIMEOUT_MS });
    if (headers === undefined) throw new Error('The answer to a direct get has no headers');
    if (headers.code === 404) return null;
    if (headers.code !== 0) throw new Error(`The answer to a direct get was ${headers.code} ${headers.description}`);
    return {
      subject: required(headers, 'Nats-Subject'),
      sequence: Number(required(headers, 'Nats-Sequence')),
      time: nanosecondsOf(required(headers, 'Nats-Time-Stamp')),
      bytes: data,
    };
  } catch (cause) {
    throw new LogUnavailable(asked, { cause });
  }
}

function required(headers: MsgHdrs, name: string): string {
  const value = headers.get(name);
  if (value === '') throw new Error(`The answer to a direct get lacks the header ${name}`);
  return value;
}

/** RFC 3339 in UTC with up to nine decimals, as nanoseconds since 1970: a decimal string. */
export function nanosecondsOf(time: string): string {
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(time);
  if (parts === null) throw new RangeError(`"${time}" is not a time in UTC`);
  const seconds = Date.parse(`${parts[1]}Z`) / 1000;
  return `${seconds}${(parts[2] ?? '').padEnd(9, '0')}`;
}

/** Whether the server's refusal of a publish is meant: it was not stored, and repeating is of no use. */
export function isPermissionViolation(error: unknown): error is Error {
  if (error instanceof errors.PermissionViolationError) return true;
  return error instanceof Error && error.cause instanceof errors.PermissionViolationError;
}
