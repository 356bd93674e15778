import type { BenchOptions, Report } from '../bench.js';
import type { AppendSystem } from './append-system.js';
import { bareInsert } from './bare-insert.js';
import { type Bar, compare } from './comparison.js';
import { DurableGround } from './durable-ground.js';
import { emmettStore } from './emmett-store.js';
import { freeholdLog } from './freehold-log.js';
import { singlePublishes } from './single-publishes.js';
import { ThreeNodes } from './three-nodes.js';

const BARS: readonly Bar[] = [
  { inFlight: 1, peer: 1, times: 1.5 },
  { inFlight: 1, peer: 2, times: 1.5 },
  { inFlight: 256, peer: 1, times: 3 },
  { inFlight: 256, peer: 2, times: 10 },
];

/** Conditional appends of one event of 300 bytes, on the disk before the answer: our log, a bare insert, Emmett. */
export async function appendBench(options: BenchOptions): Promise<Report> {
  if (options.cluster) return clusterBench(options);
  await using ground = await DurableGround.start();
  const bar = 'times the bare insert: ≥ 1.5 at 1, ≥ 3 at 256; times Emmett: ≥ 1.5 at 1, ≥ 10 at 256 (medians)';
  const comparison = { bench: 'append', bar, bars: BARS, settings: await ground.settings() };
  const opening = [() => freeholdLog(() => ground.connect()), () => bareInsert(ground), () => emmettStore(ground)];
  // Awaited here: what they stand on ends with this function.
  return await withAll(opening, (systems) => compare(systems, comparison, options));
}

/** The same on three nodes, on one disk: our log, and each commit published by itself. */
async function clusterBench(options: BenchOptions): Promise<Report> {
  await using nodes = await ThreeNodes.start();
  const comparison = {
    bench: 'append --cluster',
    bar: 'times single publishes: ≥ 2 at 256 (median)',
    bars: [{ inFlight: 256, peer: 1, times: 2 }] as const,
    settings: nodes.settings,
  };
  const opening = [
    () => freeholdLog(() => nodes.connectToLeader('OURS'), 3),
    () => singlePublishes(() => nodes.connectToLeader('PEER')),
  ];
  // Awaited here: what they stand on ends with this function.
  return await withAll(opening, (systems) => compare(systems, comparison, options));
}

async function withAll(
  opening: readonly (() => Promise<AppendSystem>)[],
  work: (systems: readonly AppendSystem[]) => Promise<Report>,
): Promise<Report> {
  const systems: AppendSystem[] = [];
  try {
    for (const open of opening) systems.push(await open());
    return await work(systems);
  } finally {
    await Promise.allSettled(systems.map((system) => system.close()));
  }
}
