import type { Finding } from '@freehold/kernel';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { backOff, type Deadline, deadlineIn } from './backoff.js';
import { type ApiAnswer, askApi, askStream, REQUEST_TIMEOUT_MS, type StreamInfo } from './jetstream-request.js';
import { LogUnavailable } from './log.errors.js';
import { replicasBehind, replicasOf } from './replicas.js';
import {
  closedVolume,
  createStream,
  openVolume,
  preparedVolume,
  StreamNotMade,
  updateStream,
  type VolumeOptions,
} from './volume-configuration.js';
import { hasBegun, MOST_VOLUMES, reserveOf, streamOf, Volumes } from './volumes.js';

/**
 * Closing the newest volume and beginning the next, while others write. Takes the administrator's credential. Each step may be
 * done again, by whoever comes next, and by several at once; after a crash at any point the next call, or `ensureLogStream`
 * at the next start, goes on.
 *
 *     prepare LOG_2 ─► seal LOG_1, which gives up `log.>` ─► barrier ─► LOG_2 owns `log.>` ─► LOG_1 keeps the room it fills
 *     (its room is      (nothing new is taken: writers        (what was   (writers go on)
 *      reserved)         wait)                                 under way has ended)
 *
 * The barrier: the server has been seen to store a batch after it had answered the seal, when it had begun with the batch before
 * (docs/adr 0032). What it takes in it works off in its order, so when it refuses a message that was sent after the seal, nothing
 * earlier is under way any more. With replicas each of them is made the leader for that, so that none is left which has not seen the seal.
 * Without one of them that cannot end, and nobody could write until it is back: so all are looked at before the seal.
 */
export type BeginVolume = { kind: 'begun'; volume: number } | { kind: 'refused'; findings: readonly Finding[] };

const BARRIER_MS = 30_000;
/** Until the replicas of a stream that was just made are current. */
const NEW_REPLICAS_MS = 5_000;
const SEALED = 10109;
const IS_LEADER = 10005;

/** @throws StreamNotMade when there is no room for the next volume: the newest one stays open. LogUnavailable: call again. */
export async function beginVolume(
  connection: NatsConnection,
  options: Pick<VolumeOptions, 'maxBytes'> = {},
): Promise<BeginVolume> {
  const newest = await new Volumes(connection).look();
  const { config, state } = await infoOf(connection, newest);
  const findings = reasonsAgainst(newest, config['sealed'] !== true && state.last_seq === 0);
  if (config['sealed'] !== true) findings.push(...(await replicasBehind(connection, newest)));
  if (findings.length === 0) findings.push(...(await completeBeginning(connection, newest, options)));
  return findings.length > 0 ? { kind: 'refused', findings } : { kind: 'begun', volume: newest + 1 };
}

function reasonsAgainst(newest: number, isEmpty: boolean): Finding[] {
  const pointer = '';
  return [
    ...(isEmpty
      ? [{ pointer, code: 'volume-empty', detail: `Volume ${newest} has no commit yet.`, hint: 'Go on with it.' }]
      : []),
    ...(newest >= MOST_VOLUMES
      ? [
          {
            pointer,
            code: 'last-volume',
            detail: `A log has at most ${MOST_VOLUMES} volumes.`,
            hint: 'Make the last one larger (max_bytes), and further cells.',
          },
        ]
      : []),
  ];
}

/**
 * Closes a volume, or goes on closing it, and begins the next, with as many replicas. Answers why not, when a replica of the next
 * one is not there before anything was closed: of one that is closed already always nothing.
 */
export async function completeBeginning(
  connection: NatsConnection,
  volume: number,
  { maxBytes }: Pick<VolumeOptions, 'maxBytes'>,
): Promise<Finding[]> {
  const next = volume + 1;
  const info = await infoOf(connection, volume);
  const closing = madeAs(info);
  const { replicas } = closing;
  const wanted = { replicas, ...(maxBytes === undefined ? {} : { maxBytes }) };
  await unless(createStream(connection, preparedVolume(next, wanted)), async () => isMade(connection, next));
  const behind = info.config['sealed'] === true ? [] : await replicasBehind(connection, next, NEW_REPLICAS_MS);
  if (behind.length > 0) return behind;
  await updateStream(connection, closedVolume(volume, closing));
  await barrier(connection, volume);
  const opened = openVolume(next, madeAs(await infoOf(connection, next)));
  await unless(updateStream(connection, opened), async () => hasBegun(await infoOf(connection, next)));
  await giveBackRoom(connection, volume);
  return [];
}

/** Of a closed volume: what it reserves and does not fill. `discard: new` removes nothing, whatever the limit is. */
export async function giveBackRoom(connection: NatsConnection, volume: number): Promise<void> {
  const info = await infoOf(connection, volume);
  const { replicas, maxBytes } = madeAs(info);
  const { bytes } = info.state;
  if (maxBytes !== bytes) await updateStream(connection, closedVolume(volume, { replicas, maxBytes: bytes }));
}

const madeAs = ({ config }: StreamInfo): Required<VolumeOptions> => ({
  replicas: Number(config['num_replicas']),
  maxBytes: Number(config['max_bytes']),
});

/** Somebody else may have done it, with another size: then it is done. */
async function unless(work: Promise<void>, isDone: () => Promise<boolean>): Promise<void> {
  try {
    await work;
  } catch (cause) {
    if (!(cause instanceof StreamNotMade) || !(await isDone())) throw cause;
  }
}

const isMade = async (connection: NatsConnection, volume: number): Promise<boolean> =>
  (await askStream(connection, streamOf(volume))) !== null;

/** Until nothing that was sent before can be stored any more. */
async function barrier(connection: NatsConnection, volume: number): Promise<void> {
  const deadline = deadlineIn(BARRIER_MS);
  await untilRefused(connection, volume, deadline);
  for (const { name } of await replicasOf(connection, volume)) {
    await untilLed(connection, { volume, by: name }, deadline);
    await untilRefused(connection, volume, deadline);
  }
}

async function untilRefused(connection: NatsConnection, volume: number, deadline: Deadline): Promise<void> {
  const sent = headers();
  // Never stored, whatever the server thinks: a volume that is closed is not empty.
  sent.append('Nats-Expected-Last-Sequence', '0');
  sent.append('Nats-Expected-Stream', streamOf(volume));
  await until(deadline, reserveOf(volume), async () => {
    const answer = await connection.request(reserveOf(volume), '', { headers: sent, timeout: REQUEST_TIMEOUT_MS });
    return answer.json<ApiAnswer>().error?.err_code === SEALED;
  });
}

async function untilLed(
  connection: NatsConnection,
  { volume, by }: { volume: number; by: string },
  deadline: Deadline,
): Promise<void> {
  const call = `STREAM.LEADER.STEPDOWN.${streamOf(volume)}`;
  await until(deadline, call, async () => {
    const { error } = await askApi<ApiAnswer>(connection, call, { placement: { preferred: by } });
    return error?.err_code === IS_LEADER;
  });
}

async function until(deadline: Deadline, asked: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let attempt = 1; !(await isSo()); attempt += 1)
    if (!(await backOff(attempt, deadline))) throw new LogUnavailable(asked);
}

async function infoOf(connection: NatsConnection, volume: number): Promise<StreamInfo> {
  const info = await askStream(connection, streamOf(volume));
  if (info === null) throw new LogUnavailable(streamOf(volume));
  return info;
}
