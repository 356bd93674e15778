import { type Commit, comparePositions, parsePosition, type Position, type StoredCommit } from '@freehold/kernel';
import type { JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { decodeCommit, encode } from './commit-encoding.js';
import { BATCH_LIMITS, type BatchLimits, GroupCommit } from './group-commit.js';
import { followStream, rangeOfStream, rawOf, storedOf } from './jetstream-follow.js';
import { publishCommits } from './jetstream-publish.js';
import { type ApiAnswer, askApi, askDirect, nanosecondsOf } from './jetstream-request.js';
import { LogUnavailable } from './log.errors.js';
import type { AppendOutcome, Log } from './log.port.js';

const NO_MESSAGE = 10037;
const FIRST_VOLUME = 1;

/** @param stream one volume of the log, as `ensureLogStream` made it. The connection must reconnect without end. */
export interface JetStreamLogOptions {
  connection: NatsConnection;
  stream?: string;
  /** Of one write. Default: from 16 to 1,000 commits, 4 MiB. */
  batch?: Partial<BatchLimits>;
}

type MessageRequest = { seq: number } | { last_by_subj: string };

interface StoredMessage {
  subject: string;
  seq: number;
  data?: string;
  time: string;
}

interface MessageAnswer extends ApiAnswer {
  message?: StoredMessage;
}

interface InfoAnswer extends ApiAnswer {
  /** `subjects`: messages by subject, of those asked for. */
  state?: { last_seq: number; subjects?: Record<string, number> };
}

/**
 * The log on JetStream. Commits are published with their expectation and without a message id, those that come together in
 * one atomic batch.
 */
export function jetStreamLog({ connection, stream = 'LOG_1', batch }: JetStreamLogOptions): Log {
  const last = async (subject: string): Promise<StoredCommit | null> => {
    const found = await askDirect(connection, `${stream}.${subject}`);
    return found === null ? null : stored(found.subject, found.sequence, found);
  };

  const read = async (position: Position): Promise<StoredCommit | null> => {
    const { volume, sequence } = parsePosition(position);
    if (volume !== FIRST_VOLUME || sequence === 0) return null;
    const found = await askDirect(connection, stream, { seq: sequence });
    // A lagging replica may not have it yet: only the leader's no is one.
    return found === null
      ? confirmed(connection, stream, { seq: sequence })
      : stored(found.subject, found.sequence, found);
  };

  const range = async function* <Read extends { position: Position }>(
    after: Position,
    to: Position,
    make: (message: JsMsg) => Read,
  ): AsyncGenerator<Read, void, undefined> {
    const atHead = await headOf(connection, stream);
    const { sequence: end } = parsePosition(comparePositions(to, atHead) < 0 ? to : atHead);
    yield* rangeOfStream({ connection, stream, after: parsePosition(after).sequence, to: end, read: make });
  };

  const group = new GroupCommit(
    {
      write: (writes) => publishCommits(connection, writes),
      lastSequence: async (subject) => (await message(connection, stream, { last_by_subj: subject }))?.seq ?? 0,
    },
    { ...BATCH_LIMITS, ...batch },
  );

  return {
    append: (subject, commit, expected, options) => append(group, { subject, commit, expected, ...options }),
    last: async (subject, options) =>
      options?.confirmed === true ? confirmed(connection, stream, { last_by_subj: subject }) : last(subject),
    read,
    count: async (subject) => (await infoOf(connection, stream, { subjects_filter: subject })).subjects?.[subject] ?? 0,
    head: () => headOf(connection, stream),
    follow: (after, { signal, filter }) => {
      const { sequence } = parsePosition(after);
      const narrowed = filter === undefined ? {} : { filter };
      return followStream({ connection, stream, after: sequence, signal, read: storedOf, ...narrowed });
    },
    range: (after, to) => range(after, to, storedOf),
    followRaw: (after, { signal }) =>
      followStream({ connection, stream, after: parsePosition(after).sequence, signal, read: rawOf }),
    rangeRaw: (after, to) => range(after, to, rawOf),
  };
}

interface Publication {
  subject: string;
  commit: Commit;
  expected: Position | null;
  headers?: Readonly<Record<string, string>>;
}

async function append(group: GroupCommit, publication: Publication): Promise<AppendOutcome> {
  const { subject, headers = {} } = publication;
  const { bytes, commit } = encode(publication.commit);
  const expected = publication.expected === null ? 0 : parsePosition(publication.expected).sequence;
  const sequence = await group.append({ subject, commandId: commit.command.id, bytes, expected, headers });
  if (sequence === null) return { kind: 'conflict' };
  return { kind: 'stored', stored: { position: `${FIRST_VOLUME}:${sequence}`, subject, commit } };
}

async function headOf(connection: NatsConnection, stream: string): Promise<Position> {
  const { last_seq: sequence } = await infoOf(connection, stream);
  return `${FIRST_VOLUME}:${sequence}`;
}

/** From the leader. The server answers out of its index, without a look at a message. */
async function infoOf(
  connection: NatsConnection,
  stream: string,
  body: { subjects_filter: string } | null = null,
): Promise<NonNullable<InfoAnswer['state']>> {
  const { state, error } = await askApi<InfoAnswer>(connection, `STREAM.INFO.${stream}`, body);
  if (state === undefined) throw new LogUnavailable(`STREAM.INFO.${stream}`, { cause: error });
  return state;
}

/** From the leader; null when there is none. */
async function message(
  connection: NatsConnection,
  stream: string,
  body: MessageRequest,
): Promise<StoredMessage | null> {
  const call = `STREAM.MSG.GET.${stream}`;
  const { message: found, error } = await askApi<MessageAnswer>(connection, call, body);
  if (error?.err_code === NO_MESSAGE) return null;
  if (found === undefined) throw new LogUnavailable(call, { cause: error });
  return found;
}

async function confirmed(
  connection: NatsConnection,
  stream: string,
  body: MessageRequest,
): Promise<StoredCommit | null> {
  const found = await message(connection, stream, body);
  if (found === null) return null;
  const bytes = Buffer.from(found.data ?? '', 'base64');
  return stored(found.subject, found.seq, { time: nanosecondsOf(found.time), bytes });
}

function stored(subject: string, sequence: number, { time, bytes }: { time: string; bytes: Uint8Array }): StoredCommit {
  const position: Position = `${FIRST_VOLUME}:${sequence}`;
  return { position, time, subject, commit: decodeCommit(bytes, position, subject) };
}
