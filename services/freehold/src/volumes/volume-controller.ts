import { beginVolume, isNearlyFull, volumeStates } from '@freehold/log';
import { log, RegularLook } from '@freehold/platform';
import type { NatsConnection } from '@nats-io/transport-node';

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
  /** Default 10 s. */
  everyMs?: number;
}

const LOOK_EVERY_MS = 10_000;

export function volumeController({
  connection,
  sizeBytes,
  everyMs = LOOK_EVERY_MS,
}: VolumeControllerOptions): RegularLook {
  const look = async (): Promise<void> => {
    const volumes = await volumeStates(connection);
    const newest = volumes.at(-1);
    if (newest === undefined || (newest.status === 'open' && !isNearlyFull(newest))) return;
    const ended = await beginVolume(connection, { maxBytes: sizeBytes(newest.volume + 1) });
    if (ended.kind === 'begun') log().info({ volume: ended.volume }, 'a volume of the log has begun');
    else log().error({ findings: ended.findings }, 'no volume of the log can begin');
  };
  return new RegularLook(
    () =>
      look().catch((error: unknown) => {
        log().error({ err: error }, 'the volumes of the log could not be looked at, or the next one not be begun');
      }),
    { everyMs, failed: 'the volumes of the log could not be looked at' },
  );
}
