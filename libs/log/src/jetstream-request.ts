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

const STREAM_NOT_FOUND = 10059;
const NO_MESSAGE = 10037;

/** What the server says of a stream: its configuration as it is, and what it holds. */
export interface StreamInfo {
  config: Record<string, unknown>;
  /** `subjects`: messages by subject, of those asked for. */
  state: { messages: number; bytes: number; last_seq: number; subjects?: Record<string, number> };
}

/**
 * By the stream's leader. The server answers out of its index, without a look at a message.
 *
 * @returns null when there is no such stream.
 * @throws LogUnavailable
 */
export async function askStream(
  connection: NatsConnection,
  stream: string,
  body: { subjects_filter: string } | null = null,
): Promise<StreamInfo | null> {
  const call = `STREAM.INFO.${stream}`;
  const { config, state, error } = await askApi<ApiAnswer & Partial<StreamInfo>>(connection, call, body);
  if (error?.err_code === STREAM_NOT_FOUND) return null;
  if (config === undefined || state === undefined) throw new LogUnavailable(call, { cause: error });
  return { config, state };
}

interface MessageAnswer extends ApiAnswer {
  message?: { subject: string; seq: number; data?: string; time: string };
}

/** How many messages a stream has of a subject. @throws LogUnavailable */
export async function askCount(connection: NatsConnection, stream: string, subject: string): Promise<number> {
  const info = await askStream(connection, stream, { subjects_filter: subject });
  if (info === null) throw new LogUnavailable(stream);
  return info.state.subjects?.[subject] ?? 0;
}

/**
 * A message by the stream's leader.
 *
 * @returns null when there is none.
 * @throws LogUnavailable
 */
export async function askMessage(
  connection: NatsConnection,
  stream: string,
  body: { seq: number } | { last_by_subj: string },
): Promise<DirectMessage | null> {
  const call = `STREAM.MSG.GET.${stream}`;
  const { message, error } = await askApi<MessageAnswer>(connection, call, body);
  if (error?.err_code === NO_MESSAGE) return null;
  if (message === undefined) throw new LogUnavailable(call, { cause: error });
  const { subject, seq, data = '', time } = message;
  return { subject, sequence: seq, time: nanosecondsOf(time), bytes: Buffer.from(data, 'base64') };
}

export interface DirectMessage {
  subject: string;
  sequence: number;
  time: string;
  bytes: Uint8Array;
}

/**
 * A direct get, which any replica may answer, in the midst of what comes over the same connection. `call` is `<stream>.<subject>`
 * for a subject's last message.
 *
 * @returns null when there is no such message.
 * @throws LogUnavailable
 */
export async function askDirect(
  connecting: () => Promise<NatsConnection>,
  call: string,
  body: object | null = null,
): Promise<DirectMessage | null> {
  const asked = `DIRECT.GET.${call}`;
  try {
    const payload = body === null ? undefined : JSON.stringify(body);
    const connection = await connecting();
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
