import { type Commit, comparePositions, parsePosition, type Position, type StoredCommit } from '@freehold/kernel';
import { headers, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { decodeCommit, encodeCommit } from './commit-encoding.js';
import { followStream, rangeOfStream } from './jetstream-follow.js';
import {
  type ApiAnswer,
  askApi,
  askDirect,
  isPermissionViolation,
  nanosecondsOf,
  REQUEST_TIMEOUT_MS,
} from './jetstream-request.js';
import { AppendRefused, LogUnavailable, OutcomeUnknown } from './log.errors.js';
import type { AppendOutcome, Log } from './log.port.js';

/** Wrong last sequence: by the stream's leader, and by the leader for what it has proposed but not yet applied. */
const CONFLICTS: ReadonlySet<number> = new Set([10071, 10164]);
/** The cluster has no leader just now: as good as silence. */
const TEMPORARILY_UNAVAILABLE = 10008;
const NO_MESSAGE = 10037;
const FIRST_VOLUME = 1;

/** @param stream one volume of the log, as `ensureLogStream` made it. The connection must reconnect without end. */
export interface JetStreamLogOptions {
  connection: NatsConnection;
  stream?: string;
}

interface PublishAnswer extends ApiAnswer {
  stream?: string;
  seq?: number;
}

interface MessageAnswer extends ApiAnswer {
  message?: { subject: string; seq: number; data?: string; time: string };
}

interface InfoAnswer extends ApiAnswer {
  state?: { last_seq: number };
}

/** The log on JetStream. A commit is published by request, with its expectation, and without a message id. */
export function jetStreamLog({ connection, stream = 'LOG_1' }: JetStreamLogOptions): Log {
  const head = async (): Promise<Position> => {
    const { state, error } = await askApi<InfoAnswer>(connection, `STREAM.INFO.${stream}`);
    if (state === undefined) throw new LogUnavailable(`STREAM.INFO.${stream}`, { cause: error });
    return `${FIRST_VOLUME}:${state.last_seq}`;
  };

  /** From the leader; null when there is none. */
  const message = async (body: { seq: number } | { last_by_subj: string }): Promise<StoredCommit | null> => {
    const call = `STREAM.MSG.GET.${stream}`;
    const { message: found, error } = await askApi<MessageAnswer>(connection, call, body);
    if (error?.err_code === NO_MESSAGE) return null;
    if (found === undefined) throw new LogUnavailable(call, { cause: error });
    const bytes = Buffer.from(found.data ?? '', 'base64');
    return stored(found.subject, found.seq, { time: nanosecondsOf(found.time), bytes });
  };

  const last = async (subject: string): Promise<StoredCommit | null> => {
    const found = await askDirect(connection, `${stream}.${subject}`);
    return found === null ? null : stored(found.subject, found.sequence, found);
  };

  const read = async (position: Position): Promise<StoredCommit | null> => {
    const { volume, sequence } = parsePosition(position);
    if (volume !== FIRST_VOLUME || sequence === 0) return null;
    const found = await askDirect(connection, stream, { seq: sequence });
    // A lagging replica may not have it yet: only the leader's no is one.
    return found === null ? message({ seq: sequence }) : stored(found.subject, found.sequence, found);
  };

  return {
    append: (subject, commit, expected, options) => publish(connection, subject, { commit, expected, ...options }),
    last: (subject, { confirmed = false } = {}) => (confirmed ? message({ last_by_subj: subject }) : last(subject)),
    read,
    head,
    follow: (after, { signal, filter }) => {
      const { sequence } = parsePosition(after);
      return followStream({ connection, stream, after: sequence, signal, ...(filter === undefined ? {} : { filter }) });
    },
    async *range(after, to) {
      const atHead = await head();
      const end = comparePositions(to, atHead) < 0 ? to : atHead;
      yield* rangeOfStream(connection, stream, parsePosition(after).sequence, parsePosition(end).sequence);
    },
  };
}

function stored(subject: string, sequence: number, { time, bytes }: { time: string; bytes: Uint8Array }): StoredCommit {
  const position: Position = `${FIRST_VOLUME}:${sequence}`;
  return { position, time, subject, commit: decodeCommit(bytes, position, subject) };
}

interface Publication {
  commit: Commit;
  expected: Position | null;
  headers?: Readonly<Record<string, string>>;
}

async function publish(connection: NatsConnection, subject: string, publication: Publication): Promise<AppendOutcome> {
  const { commit, expected } = publication;
  const bytes = encodeCommit(commit);
  const sent = headers();
  for (const [name, value] of Object.entries(publication.headers ?? {})) sent.set(name, value);
  sent.set('Nats-Expected-Last-Subject-Sequence', String(expected === null ? 0 : parsePosition(expected).sequence));
  const answer = await ask(connection, subject, { commit, bytes, sent });
  const code = answer.error?.err_code ?? answer.error?.code;
  if (code !== undefined && CONFLICTS.has(code)) return { kind: 'conflict' };
  if (code === TEMPORARILY_UNAVAILABLE) throw new OutcomeUnknown(subject, commit.command.id, { cause: answer.error });
  if (code !== undefined) throw new AppendRefused(subject, code, answer.error?.description ?? 'no description');
  if (answer.seq === undefined)
    throw new OutcomeUnknown(subject, commit.command.id, { cause: new Error('an answer without sequence') });
  const position: Position = `${FIRST_VOLUME}:${answer.seq}`;
  return { kind: 'stored', stored: { position, subject, commit: decodeCommit(bytes, position, subject) } };
}

/** @throws OutcomeUnknown for silence of any kind, AppendRefused for a permission that lacks. */
async function ask(
  connection: NatsConnection,
  subject: string,
  { commit, bytes, sent }: { commit: Commit; bytes: Uint8Array; sent: MsgHdrs },
): Promise<PublishAnswer> {
  try {
    const answer = await connection.request(subject, bytes, { headers: sent, timeout: REQUEST_TIMEOUT_MS });
    return answer.json<PublishAnswer>();
  } catch (cause) {
    if (isPermissionViolation(cause)) throw new AppendRefused(subject, 403, 'permission violation', { cause });
    throw new OutcomeUnknown(subject, commit.command.id, { cause });
  }
}
