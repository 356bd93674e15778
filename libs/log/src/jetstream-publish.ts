import { errors, headers, type Msg, type MsgHdrs, type NatsConnection, nuid } from '@nats-io/transport-node';
import type { Write, WriteAnswer } from './group-commit.js';
import { type ApiAnswer, isPermissionViolation, REQUEST_TIMEOUT_MS } from './jetstream-request.js';

/**
 * Publishing commits to one volume's stream: one by a plain request, several as one atomic batch (ADR-50 of
 * nats-architecture-and-design). By hand, because the client drops the expectation after the first message of a batch and
 * hides the code of an error. Nothing of a batch is stored before its last message is there.
 */
interface PublishAnswer extends ApiAnswer {
  stream?: string;
  seq?: number;
  batch?: string;
  count?: number;
}

/** Wrong last sequence: by the stream's leader, and by the leader for what it has proposed but not yet applied. */
const CONFLICTS: ReadonlySet<number> = new Set([10071, 10164]);

/** The volume is closed: of the stream itself (10109), or of the next, which owns the subjects now (10060). */
const CLOSED: ReadonlySet<number> = new Set([10060, 10109]);

/** As good as silence: no leader just now (10008, 10009), not ready (10163), too much at once (10167, 10210). */
const TEMPORARY: ReadonlySet<number> = new Set([10008, 10009, 10163, 10167, 10210]);

/** To the stream with this name and to no other. Never throws: what went wrong is part of the answer. */
export async function publishCommits(
  connection: NatsConnection,
  stream: string,
  writes: readonly Write[],
): Promise<WriteAnswer> {
  const batch = writes.length === 1 ? null : nuid.next();
  try {
    const answer = (await publishAll({ connection, stream, batch }, writes)).json<PublishAnswer>();
    return answer.error === undefined ? acknowledged(answer, batch, writes.length) : refusal(answer.error);
  } catch (cause) {
    // Nobody took the last one, without which nothing of a batch is stored.
    if (isNoResponders(cause)) return { kind: 'closed', cause };
    if (isPermissionViolation(cause)) return { kind: 'refused', code: 403, description: 'permission violation', cause };
    // Thrown before it was sent.
    if (cause instanceof errors.InvalidArgumentError)
      return { kind: 'refused', code: 400, description: cause.message, cause };
    return { kind: 'silence', cause };
  }
}

interface Target {
  connection: NatsConnection;
  stream: string;
  batch: string | null;
}

async function publishAll({ connection, stream, batch }: Target, writes: readonly Write[]): Promise<Msg> {
  for (const [index, write] of writes.entries()) {
    const sent = headersOf(write);
    sent.append('Nats-Expected-Stream', stream);
    if (batch !== null) {
      sent.append('Nats-Batch-Id', batch);
      sent.append('Nats-Batch-Sequence', String(index + 1));
    }
    if (index < writes.length - 1) {
      connection.publish(write.subject, write.bytes, { headers: sent });
      continue;
    }
    if (batch !== null) sent.append('Nats-Batch-Commit', '1');
    return connection.request(write.subject, write.bytes, { headers: sent, timeout: REQUEST_TIMEOUT_MS });
  }
  throw new RangeError('There is nothing to publish');
}

const isNoResponders = (cause: unknown): boolean =>
  cause instanceof errors.NoRespondersError || (cause instanceof errors.RequestError && cause.isNoResponders());

function headersOf({ headers: given, expected }: Write): MsgHdrs {
  const sent = headers();
  for (const [name, value] of Object.entries(given)) sent.append(name, value);
  sent.append('Nats-Expected-Last-Subject-Sequence', String(expected));
  return sent;
}

function acknowledged({ seq, batch, count }: PublishAnswer, sent: string | null, commits: number): WriteAnswer {
  const isOurs = sent === null || (batch === sent && count === commits);
  if (seq !== undefined && isOurs) return { kind: 'stored', last: seq };
  return { kind: 'silence', cause: new Error('an answer without sequence, or not to this batch') };
}

function refusal(error: NonNullable<ApiAnswer['error']>): WriteAnswer {
  const { code, err_code = code, description = 'no description' } = error;
  if (CONFLICTS.has(err_code)) return { kind: 'stale' };
  if (CLOSED.has(err_code)) return { kind: 'closed', cause: error };
  if (TEMPORARY.has(err_code)) return { kind: 'silence', cause: error };
  return { kind: 'refused', code: err_code, description, cause: error };
}
