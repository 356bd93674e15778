import type { BenchOptions, Report } from '../bench.js';
import { HEADING, lineOf, spreadOf } from '../rounds.js';
import { type AppendSystem, EVENT_DATA } from './append-system.js';
import { bareInsert } from './bare-insert.js';
import { DurableGround } from './durable-ground.js';
import { emmettStore } from './emmett-store.js';
import { freeholdLog } from './freehold-log.js';

const IN_FLIGHT = [1, 32, 256] as const;
const VERSIONS = 10;
const WARM_MS = 200;
const MEASURED_MS = 1_200;
/** At how many in flight, so many times the peer. */
const BARS = [
  { inFlight: 1, peer: 1, times: 1.5 },
  { inFlight: 1, peer: 2, times: 1.5 },
  { inFlight: 256, peer: 1, times: 3 },
  { inFlight: 256, peer: 2, times: 10 },
] as const;

type InFlight = (typeof IN_FLIGHT)[number];
/** Events per second of the systems, in their order. */
type Round = Readonly<Record<InFlight, readonly number[]>>;

/** Conditional appends of one event of 300 bytes, on the disk before the answer: our log, a bare insert, Emmett. */
export async function appendBench({ rounds, say }: BenchOptions): Promise<Report> {
  await using ground = await DurableGround.start();
  const settings = await ground.settings();
  for (const line of settings) say(line);
  const systems: AppendSystem[] = [];
  try {
    for (const open of [freeholdLog, bareInsert, emmettStore]) systems.push(await open(ground));
    const measured = await measure(systems, { rounds, say });
    return reportOf(systems, measured, settings);
  } finally {
    await Promise.allSettled(systems.map((system) => system.close()));
  }
}

async function measure(systems: readonly AppendSystem[], { rounds, say }: Pick<BenchOptions, 'rounds' | 'say'>) {
  const meters = systems.map((system) => new Meter(system));
  await oneAfterTheOther(meters, 32);
  const measured: Round[] = [];
  for (let n = 1; n <= rounds; n += 1) {
    const round = {
      1: await oneAfterTheOther(meters, 1),
      32: await oneAfterTheOther(meters, 32),
      256: await oneAfterTheOther(meters, 256),
    };
    measured.push(round);
    const rates = IN_FLIGHT.map((each) => `${each}: ${round[each].map(perSecond).join(' ')}`);
    say(`round ${n} of ${rounds}: ${rates.join('; ')}`);
  }
  for (const meter of meters) await meter.check();
  return measured;
}

async function oneAfterTheOther(meters: readonly Meter[], inFlight: InFlight): Promise<number[]> {
  const rates: number[] = [];
  for (const meter of meters) rates.push(await meter.run(inFlight));
  return rates;
}

class Meter {
  #appended = 0;

  constructor(private readonly system: AppendSystem) {}

  /** Events per second, with so many writers that each wait for their answer. */
  async run(inFlight: number): Promise<number> {
    const from = performance.now() + WARM_MS;
    const to = from + MEASURED_MS;
    let counted = 0;
    const write = async (): Promise<void> => {
      while (performance.now() < to) {
        const append = this.system.openStream();
        for (let version = 1; version <= VERSIONS && performance.now() < to; version += 1) {
          await append(version);
          this.#appended += 1;
          const now = performance.now();
          if (now >= from && now < to) counted += 1;
        }
      }
    };
    await Promise.all(Array.from({ length: inFlight }, write));
    return counted / (MEASURED_MS / 1000);
  }

  /** @throws when something that was answered is not there, or something is there twice. */
  async check(): Promise<void> {
    const stored = await this.system.stored();
    if (stored !== this.#appended)
      throw new Error(`${this.system.name} answered ${this.#appended} appends and holds ${stored}`);
  }
}

function reportOf(systems: readonly AppendSystem[], rounds: readonly Round[], settings: readonly string[]): Report {
  const rates = (inFlight: InFlight, system: number) => rounds.map((round) => round[inFlight][system] ?? Number.NaN);
  const ratios = (inFlight: InFlight, peer: number) =>
    rates(inFlight, 0).map((ours, n) => ours / (rates(inFlight, peer)[n] ?? Number.NaN));
  const tables = IN_FLIGHT.flatMap((inFlight) => [
    `${inFlight} in flight, events per second`,
    ...systems.map(({ name }, index) => lineOf(`  ${name}`, spreadOf(rates(inFlight, index)), perSecond)),
    ...systems.slice(1).map(({ name }, n) => lineOf(`  times ${name}`, spreadOf(ratios(inFlight, n + 1)), times)),
  ]);
  return {
    bench: 'append',
    bar: 'times the bare insert: ≥ 1.5 at 1, ≥ 3 at 256; times Emmett: ≥ 1.5 at 1, ≥ 10 at 256 (medians)',
    reached: BARS.every(({ inFlight, peer, times: bar }) => spreadOf(ratios(inFlight, peer)).median >= bar),
    lines: [
      ...settings,
      `${rounds.length} rounds of ${MEASURED_MS} ms, one system after the other; ${JSON.stringify(EVENT_DATA).length} bytes an event, ${VERSIONS} a stream`,
      HEADING,
      ...tables,
    ],
    figures: {
      settings,
      ...Object.fromEntries(
        IN_FLIGHT.map((inFlight) => [
          inFlight,
          {
            rates: Object.fromEntries(systems.map(({ name }, index) => [name, spreadOf(rates(inFlight, index))])),
            ratios: Object.fromEntries(
              systems.slice(1).map(({ name }, n) => [name, spreadOf(ratios(inFlight, n + 1))]),
            ),
          },
        ]),
      ),
    },
  };
}

const perSecond = (rate: number): string => `${Math.round(rate)}/s`;
const times = (ratio: number): string => `${ratio.toFixed(2)} ×`;
