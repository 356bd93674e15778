import type { NatsConnection } from '@nats-io/transport-node';
import { beginVolume } from '../begin-volume.js';
import { jetStreamLog } from '../jetstream.log.js';
import type { Log } from '../log.port.js';

/** A log on JetStream whose volumes end while it is asked. */
export interface RollingLog {
  log: Log;
  /** The newest volume ends once so many more requests of whatever kind were begun, each of these; what was said before is forgotten. */
  endAfter(requests: readonly number[]): void;
  /** How many volumes were begun; after the last of them. @throws why one was not. */
  ended(): Promise<number>;
}

export function rollingLog(connection: NatsConnection): RollingLog {
  const log = jetStreamLog({ connection });
  let asked = 0;
  let ends: ReadonlySet<number> = new Set();
  let begun = 0;
  let rolling = Promise.resolve();
  const roll = async (): Promise<void> => {
    // Refused: nothing has come since the last one.
    if ((await beginVolume(connection, { maxBytes: 2 ** 26 })).kind === 'begun') begun += 1;
  };
  const counted =
    <Asked extends unknown[], Answer>(ask: (...about: Asked) => Answer) =>
    (...about: Asked): Answer => {
      asked += 1;
      if (ends.has(asked)) {
        rolling = rolling.then(roll);
        // Told by `ended`.
        rolling.catch(() => undefined);
      }
      return ask(...about);
    };
  return {
    log: {
      append: counted(log.append),
      last: counted(log.last),
      read: counted(log.read),
      readRaw: counted(log.readRaw),
      count: counted(log.count),
      head: counted(log.head),
      follow: counted(log.follow),
      range: counted(log.range),
      followRaw: counted(log.followRaw),
      rangeRaw: counted(log.rangeRaw),
      rangeBatches: counted(log.rangeBatches),
    },
    endAfter: (requests) => {
      ends = new Set(requests.map((each) => asked + 1 + each));
    },
    ended: () => rolling.then(() => begun),
  };
}
