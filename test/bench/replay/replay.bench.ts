import { replayAll } from '@freehold/projection';
import { DurableGround } from '../append/durable-ground.js';
import type { BenchOptions, Report } from '../bench.js';
import { HEADING, lineOf, spreadOf } from '../rounds.js';
import { countedProjection, filledLog, PER_AGGREGATE } from './counted-aggregate.js';
import { emmettRebuild } from './emmett-rebuild.js';
import { rawConsumer } from './raw-consumer.js';

const RAW_BAR = 0.8;
const EMMETT_BAR = 5;
/** Emmett's rate does not depend on how many there are; a fiftieth is enough to tell it. */
const EMMETT_SHARE = 50;

/** Commits per second, folded or parsed: our replay, a raw consumer with JSON.parse, Emmett's rebuild of a projection. */
export async function replayBench({ rounds, commits, say }: BenchOptions): Promise<Report> {
  await using ground = await DurableGround.start();
  const connection = await ground.connect();
  say(`appending ${commits} commits`);
  const log = await filledLog(connection, commits);
  const head = await log.head();
  const events = Math.ceil(commits / EMMETT_SHARE / PER_AGGREGATE) * PER_AGGREGATE;
  say(`appending ${events} events to Emmett's store`);
  const emmett = await emmettRebuild(ground, events);
  const aggregates = Math.ceil(commits / PER_AGGREGATE);
  const systems = [
    { name: 'Freehold’s replay', count: commits, run: () => folded(log.rangeBatches('1:0', head), head, aggregates) },
    { name: 'raw consumer, JSON.parse', count: commits, run: () => parsed(rawConsumer(connection, 'LOG_1'), commits) },
    { name: 'Emmett’s rebuild', count: events, run: () => parsed(emmett.run(), events / PER_AGGREGATE) },
  ];
  try {
    // To warm up.
    for (const system of systems) await rateOf(system);
    const rates = systems.map((): number[] => []);
    for (let n = 1; n <= rounds; n += 1) {
      for (const [index, system] of systems.entries()) rates[index]?.push(await rateOf(system));
      say(`round ${n} of ${rounds}: ${rates.map((each) => perSecond(each.at(-1) ?? Number.NaN)).join(' ')}`);
    }
    return reportOf(systems, rates, { commits, events });
  } finally {
    await emmett.close();
    await connection.close();
  }
}

async function rateOf({ count, run }: { count: number; run: () => Promise<void> }): Promise<number> {
  const begun = performance.now();
  await run();
  return (count * 1_000) / (performance.now() - begun);
}

async function folded(range: Parameters<typeof replayAll>[1], to: Parameters<typeof replayAll>[2], aggregates: number) {
  const rows = (await replayAll([countedProjection], range, to)).get(countedProjection.name);
  if (rows === undefined || rows.size < aggregates) throw new Error(`the replay came to ${rows?.size} rows`);
}

async function parsed(counting: Promise<number>, expected: number): Promise<void> {
  const count = await counting;
  if (count !== expected) throw new Error(`${count} were read, not ${expected}`);
}

function reportOf(
  systems: readonly { readonly name: string }[],
  rates: readonly (readonly number[])[],
  { commits, events }: { commits: number; events: number },
): Report {
  const [ours = [], raw = [], emmett = []] = rates;
  const ratio = (peer: readonly number[]) => spreadOf(ours.map((rate, n) => rate / (peer[n] ?? Number.NaN)));
  const [timesRaw, timesEmmett] = [ratio(raw), ratio(emmett)];
  return {
    bench: 'replay',
    bar: `≥ ${RAW_BAR} × the raw consumer, ≥ ${EMMETT_BAR} × Emmett’s rebuild (medians)`,
    reached: timesRaw.median >= RAW_BAR && timesEmmett.median >= EMMETT_BAR,
    lines: [
      `${commits} commits of one event, ${PER_AGGREGATE} an aggregate (${events} for Emmett); ${ours.length} rounds, one after the other`,
      HEADING,
      ...systems.map(({ name }, index) => lineOf(name, spreadOf(rates[index] ?? []), perSecond)),
      lineOf('times the raw consumer', timesRaw, times),
      lineOf('times Emmett', timesEmmett, times),
    ],
    figures: {
      commits,
      events,
      rates: Object.fromEntries(systems.map(({ name }, index) => [name, spreadOf(rates[index] ?? [])])),
      timesRaw,
      timesEmmett,
    },
  };
}

const perSecond = (rate: number): string => `${Math.round(rate)}/s`;
const times = (ratio: number): string => `${ratio.toFixed(2)} ×`;
