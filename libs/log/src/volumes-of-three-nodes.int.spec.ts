import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually, testGroundConfiguration } from '@freehold/supervisor/testing';
import type { NatsConnection } from '@nats-io/transport-node';
import { type BeginVolume, beginVolume } from './begin-volume.js';
import { askStream } from './jetstream-request.js';
import { jetStreamLog } from './jetstream.log.js';
import { LogFailure } from './log.errors.js';
import { ensureLogStream } from './log-stream.js';
import { replicasOf } from './replicas.js';
import { fill } from './testing/log.conformance.js';
import { ThreeNatsServers } from './testing/three-nats-servers.fixture.js';

const SIZE = { maxBytes: 2 ** 26 };

let nodes: ThreeNatsServers;
let connection: NatsConnection;
beforeAll(async () => {
  nodes = await ThreeNatsServers.start(testGroundConfiguration().natsServer ?? 'nats-server');
  connection = await nodes.connect();
  // The nodes elect a leader first.
  const isMade = () => works(() => ensureLogStream(connection, { ...SIZE, replicas: 3 }));
  expect(await eventually(isMade, { timeoutMs: 120_000 })).toBe(true);
}, 180_000);
afterAll(() => nodes[Symbol.asyncDispose]());

/** False when the cluster cannot answer at this moment. */
const works = (work: () => Promise<unknown>): Promise<boolean> =>
  work().then(
    () => true,
    (error: unknown) => {
      if (error instanceof LogFailure) return false;
      throw error;
    },
  );

it('is not ended while a node is away: the open one goes on, and ends once the node is back', async () => {
  const log = jetStreamLog({ connection });
  await fill(log, 3);
  const [{ name: victim } = { name: '' }] = await replicasOf(connection, 1);
  await nodes.kill(victim);
  const outcomes: BeginVolume[] = [];
  const begin = async (): Promise<void> => void outcomes.push(await beginVolume(connection, SIZE));
  const isRefused = async (): Promise<boolean> => {
    await works(begin);
    // Whatever came of it, also in the moment in which nobody knows that the node is gone.
    expect((await askStream(connection, 'LOG_1'))?.config['sealed']).toBe(false);
    return outcomes.length > 0;
  };
  expect(await eventually(isRefused, { timeoutMs: 120_000 })).toBe(true);
  expect(outcomes).toMatchObject([{ kind: 'refused', findings: [{ code: 'replica-not-current' }] }]);
  expect(JSON.stringify(outcomes)).toContain(`node ${victim} is away`);
  expect(await fill(log, 2)).toEqual(['1:4', '1:5']);
  nodes.start(victim);
  const hasBegun = async (): Promise<boolean> => {
    await works(begin);
    return outcomes.at(-1)?.kind === 'begun';
  };
  expect(await eventually(hasBegun, { timeoutMs: 120_000 })).toBe(true);
  expect(await fill(log, 1)).toEqual(['2:1']);
  expect((await Array.fromAsync(log.range('1:0', await log.head()))).map(({ position }) => position)).toEqual([
    ...['1:1', '1:2', '1:3', '1:4', '1:5'],
    '2:1',
  ]);
}, 360_000);
