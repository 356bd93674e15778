import { beginVolume, isNearlyFull, newestVolume } from '@freehold/log';
import { log, RegularLook } from '@freehold/platform';
import type { NatsConnection } from '@nats-io/transport-node';
import { inspect } from 'node:util';

/**
 * Begins the next volume of the log when the newest has four fifths of its size, and goes on where that was interrupted.
 * The only one that does so unasked: it has the administrator's connection, which services have not.
 *
 * On a crash: services wait, and fail visibly after some seconds; the next look or start goes on. Several at once do it once.
 */
export interface VolumeControllerOptions {
  /** The administrator's. */
  connection: NatsConnection;
  /** Size of the volume of this number, asked when it begins. */
  sizeBytes: (volume: number) => number;
  /** Default 1 s: twenty thousand commits of a kilobyte fill a thirteenth of the smallest volume meanwhile. */
  everyMs?: number;
}

const LOOK_EVERY_MS = 1_000;

export function volumeController({
  connection,
  sizeBytes,
  everyMs = LOOK_EVERY_MS,
}: VolumeControllerOptions): RegularLook {
  const newestNow = newestVolume(connection);
  /** Answers what is in the way of a volume that is to begin. */
  const beginIfFull = async (): Promise<object | null> => {
    const newest = await newestNow();
    if (newest.status === 'open' && !isNearlyFull(newest)) return null;
    const ended = await beginVolume(connection, { maxBytes: sizeBytes(newest.volume + 1) });
    if (ended.kind === 'refused') return { findings: ended.findings };
    log().info({ volume: ended.volume }, 'a volume of the log has begun');
    return null;
  };
  let said = '';
  const look = async (): Promise<void> => {
    const inTheWay = await beginIfFull().catch((error: unknown) => ({ err: error }));
    const text = inspect(inTheWay);
    // Not again with each look.
    if (inTheWay !== null && text !== said)
      log().error(inTheWay, 'the log could not be looked at, or no volume can begin');
    said = text;
  };
  return new RegularLook(look, { everyMs, failed: 'the volumes of the log could not be looked at' });
}
