import {
  type AggregateStore,
  createAggregateStore,
  createAppender,
  ensureLogStream,
  jetStreamLog,
  type Log,
  volumeSizeOf,
} from '@freehold/log';
import type { DatabaseConnection } from '@freehold/supervisor';
import { randomInt } from 'node:crypto';
import { proportionalSetSize } from '../../kit/proc.js';
import { withVolumes } from '../cell/volumes-meanwhile.js';
import { DurableGround } from '../append/durable-ground.js';
import type { BenchOptions, Report } from '../bench.js';
import { EmmettStreams } from './emmett-streams.js';
import { openStates } from './kept-states.js';
import { reportOf, type Round, type SizeMeasured } from './load.report.js';
import { COMMITS, counted, nameOf, Population } from './population.js';
import { timeEach } from './quantiles.js';
import { appendsMeanwhile } from './stall.js';

const LOADS = 1_000;
const WALKS = 25;
/** Aggregates that are in memory when they are loaded again. */
const WARM = 500;

/** Loading an aggregate of ten commits among many, whose commits lie all over the log; Emmett's read of such a stream. */
export async function loadBench({ rounds, aggregates, say }: BenchOptions): Promise<Report> {
  await using ground = await DurableGround.start();
  const settings = await ground.settings();
  for (const line of settings) say(line);
  const [connection, reading] = await Promise.all([ground.connect(), ground.connect()]);
  await ensureLogStream(connection, { maxBytes: volumeSizeOf(1) });
  const log = jetStreamLog({ connection, reads: () => Promise.resolve(reading) });
  const database = await ground.database('states');
  const emmett = await EmmettStreams.open(ground);
  try {
    const population = new Population(log, Math.max(...aggregates));
    const sizes: SizeMeasured[] = [];
    for (const size of aggregates.toSorted((one, other) => one - other)) {
      const from = population.size;
      const fillMs = await timed(() => withVolumes(connection, () => population.grow(size)));
      await population.keepStates(from, database);
      await emmett.grow(size);
      say(`${size} aggregates: ${Math.round((((size - from) * COMMITS) / fillMs) * 1_000)} commits/s while filling`);
      const measured = await measureSize({ log, database, emmett, size, rounds });
      sizes.push({ ...measured, natsBytes: proportionalSetSize(ground.natsPid) });
      say(`${size} aggregates: ${measured.rounds.map(({ cold }) => cold.ours.p50.toFixed(2)).join(' ')} ms cold`);
    }
    const stall = await measureStall(log, database, population.size);
    return reportOf({ settings, sizes, stall, restartMs: await ground.killNats(), loads: LOADS });
  } finally {
    await emmett.close();
    await Promise.all([connection.close(), reading.close()]);
  }
}

interface Peers {
  log: Log;
  database: DatabaseConnection;
  emmett: EmmettStreams;
  size: number;
  rounds: number;
}

async function measureSize({ log, database, emmett, size, rounds }: Peers): Promise<Omit<SizeMeasured, 'natsBytes'>> {
  await using services = openServices(log, database);
  const known = someOf(size, Math.min(WARM, size));
  const loads = (store: AggregateStore, indexes: Iterable<number>) =>
    timeEach(indexes, (index) => loaded(store, index));
  const reads = (indexes: Iterable<number>) => timeEach(indexes, (index) => readWhole(emmett, index));
  const again = () => someOf(known.length, LOADS).map((n) => known[n] ?? 0);
  for (const warmUp of [known, someOf(size, LOADS)]) {
    await loads(services.warm, known);
    await loads(services.cold, warmUp);
    await reads(warmUp);
  }
  const measured: Round[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    measured.push({
      warm: { ours: await loads(services.warm, again()), emmett: await reads(again()) },
      cold: { ours: await loads(services.cold, someOf(size, LOADS)), emmett: await reads(someOf(size, LOADS)) },
    });
  }
  return { size, rounds: measured, walk: await loads(services.alone, someOf(size, WALKS)) };
}

async function measureStall(log: Log, database: DatabaseConnection, size: number) {
  await using services = openServices(log, database);
  const any = () => randomInt(size);
  await appendsMeanwhile(log, null);
  return {
    undisturbed: await appendsMeanwhile(log, null),
    byRows: await appendsMeanwhile(log, () => loaded(services.cold, any())),
    byWalks: await appendsMeanwhile(log, () => loaded(services.alone, any())),
  };
}

/** Aggregate stores as services have them. */
function openServices(log: Log, connection: DatabaseConnection) {
  const states = openStates(log, connection);
  const parts = { log, appender: createAppender({ log }), clock: () => new Date() };
  return {
    /** Has them in memory. */
    warm: createAggregateStore({ ...parts, states }),
    /** Remembers nothing, as after a start. */
    cold: createAggregateStore({ ...parts, states, cacheSize: 1 }),
    /** Remembers nothing and has no database. */
    alone: createAggregateStore({ ...parts, cacheSize: 1 }),
    [Symbol.asyncDispose]: () => states.stop(),
  };
}

async function loaded(store: AggregateStore, index: number): Promise<void> {
  const { state, version } = await store.load(counted, nameOf(index));
  if (version !== COMMITS || state.times !== COMMITS) throw new Error(`aggregate ${index} is at version ${version}`);
}

async function readWhole(emmett: EmmettStreams, index: number): Promise<void> {
  const times = await emmett.read(index);
  if (times !== COMMITS) throw new Error(`Emmett's stream ${index} has ${times} events`);
}

const someOf = (size: number, count: number): number[] => Array.from({ length: count }, () => randomInt(size));

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}
