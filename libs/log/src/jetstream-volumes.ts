import { parsePosition, type Position } from '@freehold/kernel';
import type { JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { backOff, type Deadline } from './backoff.js';
import { followVolume } from './jetstream-follow.js';
import { batchesOfVolume } from './jetstream-range.js';
import { LogUnavailable } from './log.errors.js';
import type { RawCommit } from './log.port.js';
import { subjectMatcher } from './subject-filter.js';
import type { Volumes } from './volumes.js';

/**
 * Reading on over the end of a volume: one that is closed is read to its last sequence, which is final; the newest is followed
 * until the next has begun, and then read to its end as a closed one.
 */
interface ReadOptions<Read> {
  connection: NatsConnection;
  volumes: Volumes;
  after: Position;
  /** What is made of a message. */
  read: (message: JsMsg, volume: number) => Read;
}

interface FollowOptions<Read> extends ReadOptions<Read> {
  signal: AbortSignal;
  filter?: string;
}

/** @throws LogUnavailable when the connection is closed for good, what `read` throws. */
export async function* followVolumes<Read>(options: FollowOptions<Read>): AsyncGenerator<Read, void, undefined> {
  const { connection, volumes, signal, filter, read } = options;
  const isWanted = subjectMatcher(filter);
  let { volume, sequence } = parsePosition(options.after);
  while (!signal.aborted) {
    const end = await endOf(options, volume);
    if (end !== null && sequence >= end) {
      volume += 1;
      sequence = 0;
      continue;
    }
    using next = volumes.begun(volume + 1);
    const ending = end === null ? AbortSignal.any([signal, next.signal]) : signal;
    // The end of a closed volume is seen at its last message, whatever is looked for.
    const narrowed = filter === undefined || end !== null ? {} : { filter };
    for await (const message of followVolume({ connection, volume, after: sequence, signal: ending, ...narrowed })) {
      sequence = message.seq;
      if (isWanted(message.subject)) yield read(message, volume);
      if (sequence === end) break;
    }
  }
}

/** Up to `to`, which is not beyond the head, in batches. @throws LogUnavailable after 10 s of silence. */
export async function* rangeOfVolumes(
  { connection, volumes, after, ahead }: Omit<ReadOptions<RawCommit>, 'read'> & { ahead: number },
  to: () => Promise<Position>,
): AsyncGenerator<readonly RawCommit[], void, undefined> {
  const last = parsePosition(await to());
  for (let { volume, sequence } = parsePosition(after); volume <= last.volume; volume += 1, sequence = 0) {
    const isClosed = volume < (await volumes.newest(volume));
    const end = isClosed ? await volumes.endOf(volume) : last.sequence;
    const until = volume === last.volume ? Math.min(end, last.sequence) : end;
    if (sequence < until) yield* batchesOfVolume({ connection, volume, after: sequence, until, ahead });
  }
}

/** The last sequence of a volume that is closed, null for the newest; asked until it is answered. */
async function endOf<Read>(
  { connection, volumes, signal }: FollowOptions<Read>,
  volume: number,
): Promise<number | null> {
  const never: Deadline = { leftMs: () => Infinity };
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      return volume < (await volumes.newest(volume)) ? await volumes.endOf(volume) : null;
    } catch (cause) {
      if (!(cause instanceof LogUnavailable) || connection.isClosed()) throw cause;
      await backOff(attempt, never);
    }
  }
  return null;
}
