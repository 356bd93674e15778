import type { NatsConnection } from '@nats-io/transport-node';
import { beginVolume } from '../begin-volume.js';
import { jetStreamLog } from '../jetstream.log.js';
import type { Log } from '../log.port.js';

/** A log on JetStream which begins a volume again and again, each time so many appends were asked for, while they are under way. */
export interface RollingLog {
  log: Log;
  /** How many volumes were begun; after the last of them. @throws why one was not. */
  ended(): Promise<number>;
}

/** @param most volumes to begin: there are no more than `MOST_VOLUMES` of a log. */
export function rollingLog(connection: NatsConnection, { every, most }: { every: number; most: number }): RollingLog {
  const log = jetStreamLog({ connection });
  let appends = 0;
  let begun = 0;
  let rolling = Promise.resolve();
  const roll = async (): Promise<void> => {
    if (begun < most && (await beginVolume(connection, { maxBytes: 2 ** 26 })).kind === 'begun') begun += 1;
  };
  const append: Log['append'] = (...asked) => {
    appends += 1;
    if (appends % every === 0) {
      rolling = rolling.then(roll);
      // Told by `ended`.
      rolling.catch(() => undefined);
    }
    return log.append(...asked);
  };
  return { log: { ...log, append }, ended: () => rolling.then(() => begun) };
}
