import { parsePosition, type Position, positionOf } from '@freehold/kernel';
import type { NatsConnection } from '@nats-io/transport-node';
import { backOff, deadlineIn } from './backoff.js';
import { BATCH_LIMITS, type BatchLimits, GroupCommit, VolumeClosed, type Write } from './group-commit.js';
import { publishCommits } from './jetstream-publish.js';
import { askMessage, REQUEST_TIMEOUT_MS } from './jetstream-request.js';
import { LogUnavailable, OutcomeUnknown } from './log.errors.js';
import { streamOf, type Volumes } from './volumes.js';

/**
 * Appending to the volume that is open. A subject's first commit in a volume expects none there, and is sent only if the
 * subject's last commit in the volumes before, which are final, is the expected one: so whoever believes in an old volume is
 * refused, or goes on in the new one, and of several who go on the new volume lets one win.
 *
 *     expected 1:4711 ─► volume 1 is the newest ── sequence 4711 expected, by the stream LOG_1 and no other
 *                     └► volume 2 is ───────────── last of volume 1 is 1:4711? ─ no ► conflict
 *                                                                              └ yes ► none expected in LOG_2
 *     closed meanwhile ─► nothing was stored; again, in the next volume
 */
interface Appending {
  connection: NatsConnection;
  volumes: Volumes;
  batch: Partial<BatchLimits>;
}

export interface PlacedWrite extends Omit<Write, 'expected'> {
  expected: Position | null;
}

/** How long a write waits for the next volume to begin. */
const BETWEEN_VOLUMES_MS = REQUEST_TIMEOUT_MS;

/** @returns where it is stored, or null when the expectation does not hold. */
export function jetStreamAppend({
  connection,
  volumes,
  batch,
}: Appending): (write: PlacedWrite) => Promise<Position | null> {
  let group = groupOf({ connection, batch, volume: 1 });
  const append = async (write: PlacedWrite, volume: number): Promise<Position | null | VolumeClosed> => {
    const expected = await expectationIn(volumes, volume, write);
    if (expected === null) return null;
    if (group.volume < volume) group = groupOf({ connection, batch, volume });
    // Another write has seen a later volume meanwhile.
    if (group.volume > volume) return new VolumeClosed(undefined);
    const appended = await group.commits.append({ ...write, expected });
    return typeof appended === 'number' ? positionOf({ volume, sequence: appended }) : appended;
  };
  return async (write) => {
    const deadline = deadlineIn(BETWEEN_VOLUMES_MS);
    try {
      for (let attempt = 1; ; attempt += 1) {
        const volume = await volumes.newest(write.expected === null ? 1 : parsePosition(write.expected).volume);
        const appended = await append(write, volume);
        if (!(appended instanceof VolumeClosed)) return appended;
        const isBetween = (await volumes.look()) === volume;
        if (isBetween && !(await backOff(attempt, deadline))) throw unknown(write, appended.cause);
      }
    } catch (cause) {
      throw cause instanceof LogUnavailable ? unknown(write, cause) : cause;
    }
  };
}

const unknown = ({ subject, commandId }: PlacedWrite, cause: unknown): OutcomeUnknown =>
  new OutcomeUnknown(subject, commandId, { cause });

interface VolumeGroup {
  volume: number;
  commits: GroupCommit;
}

function groupOf({ connection, batch, volume }: Omit<Appending, 'volumes'> & { volume: number }): VolumeGroup {
  const stream = streamOf(volume);
  const server = {
    write: (writes: readonly Write[]) => publishCommits(connection, stream, writes),
    lastSequence: async (subject: string) =>
      (await askMessage(connection, stream, { last_by_subj: subject }))?.sequence ?? 0,
  };
  return { volume, commits: new GroupCommit(server, { ...BATCH_LIMITS, ...batch }) };
}

/** The sequence to expect in a volume that has begun, 0 for none; null when the expectation cannot hold there. */
async function expectationIn(
  volumes: Volumes,
  volume: number,
  { subject, expected }: PlacedWrite,
): Promise<number | null> {
  const { volume: wanted, sequence } = parsePosition(expected ?? '1:0');
  if (wanted === volume && expected !== null) return sequence;
  // A position that nobody can have been told.
  if (wanted > volume) return null;
  const last = await volumes.lastBefore(subject, volume, wanted);
  return last === expected ? 0 : null;
}
