import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Commit, parsePosition, type Position, type StoredCommit } from '@freehold/kernel';
import { testGroundConfiguration } from '@freehold/supervisor/testing';
import { type Appender, createAppender } from './appender.js';
import { backOff, deadlineIn } from './backoff.js';
import { beginVolume } from './begin-volume.js';
import { jetStreamLog } from './jetstream.log.js';
import { ensureLogStream } from './log-stream.js';
import type { Log } from './log.port.js';
import { subjectOf } from './subject.js';
import { newCounter } from './testing/counter.fixture.js';
import { newCommit } from './testing/log.conformance.js';
import { ownNatsServer, type OwnNatsServer } from './testing/nats-server.fixture.js';

const WRITERS = 8;
const AGGREGATES = 30;
const VERSIONS = 10;
/** After so many races the server is killed, while the others are under way. */
const KILLS = [75, 150, 225];
/** Each time so many races are won a volume ends, while the others are under way; some are interrupted by a kill. */
const RACES_A_VOLUME = 15;

describe('300 races of 8 writers through the appender, while volumes end and the server is killed three times', () => {
  let server: OwnNatsServer;
  let closing = Promise.resolve();
  let log: Log;
  let writers: Appender[];
  const won: Commit[] = [];

  beforeAll(async () => {
    server = await ownNatsServer(testGroundConfiguration().natsServer ?? 'nats-server');
    const connection = await server.connect();
    await ensureLogStream(connection, { maxBytes: 2 ** 26 });
    log = jetStreamLog({ connection });
    const connections = await Promise.all(Array.from({ length: WRITERS }, () => server.connect()));
    writers = connections.map((each, index) => {
      // Half of them make batches of whatever comes together.
      const batch = index % 2 === 0 ? {} : { fewest: 2 };
      return createAppender({ log: jetStreamLog({ connection: each, batch }), deadlineMs: 40_000 });
    });
  });
  afterAll(() => server.remove());

  /** As the controller does: again until it is done. */
  const endVolume = async (): Promise<void> => {
    const connection = await server.connect();
    const deadline = deadlineIn(40_000);
    for (let attempt = 1; ; attempt += 1) {
      try {
        await beginVolume(connection, { maxBytes: 2 ** 26 });
        return await connection.close();
      } catch (cause) {
        if (!(await backOff(attempt, deadline))) throw cause;
      }
    }
  };

  /** All writers at once, from the same state, each with a command of its own; where the winner stands. */
  const race = async (subject: string, version: number, previous: Position | null): Promise<Position> => {
    const results = await Promise.all(
      writers.map((writer) => writer.append({ subject, commit: newCommit({ version, previous }), expected: previous })),
    );
    const winners = results.flatMap((result) => (result.kind === 'stored' ? [result.stored] : []));
    expect(winners).toHaveLength(1);
    const [winner] = winners;
    if (winner === undefined) throw new Error('nobody won');
    won.push(winner.commit);
    if (won.length % RACES_A_VOLUME === 0) closing = closing.then(endVolume);
    if (KILLS.includes(won.length)) await server.kill().then(() => server.start());
    return winner.position;
  };

  it('has one winner each, loses nothing acknowledged, and stores nothing twice', async () => {
    const subjects = Array.from({ length: AGGREGATES }, () => subjectOf(newCounter()));
    await Promise.all(
      subjects.map(async (subject) => {
        let previous: Position | null = null;
        for (let version = 1; version <= VERSIONS; version += 1) {
          // However fast the others are: what comes now is written after a volume's end.
          if (version === VERSIONS / 2) await closing;
          previous = await race(subject, version, previous);
        }
      }),
    );
    await closing;
    const stored: StoredCommit[] = [];
    for await (const each of log.range('1:0', await log.head())) stored.push(each);
    expect(won).toHaveLength(AGGREGATES * VERSIONS);
    const volumes = new Set(stored.map(({ position }) => parsePosition(position).volume));
    expect(volumes.size).toBeGreaterThan(1);
    const byId = (commits: readonly Commit[]) => commits.map(({ command }) => command.id).toSorted();
    expect(byId(stored.map(({ commit }) => commit))).toEqual(byId(won));
    for (const subject of subjects) {
      const chain = stored.filter((each) => each.subject === subject);
      expect(chain.map(({ commit }) => commit.version)).toEqual(Array.from({ length: VERSIONS }, (_, n) => n + 1));
      expect(chain.map(({ commit }) => commit.previous)).toEqual(
        [null, ...chain.map(({ position }) => position)].slice(0, -1),
      );
    }
  }, 165_000);
});
