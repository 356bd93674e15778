import type { BenchOptions, Report } from '../bench.js';
import { HEADING, lineOf, spreadOf } from '../rounds.js';
import { type AppendSystem, EVENT_DATA } from './append-system.js';

const IN_FLIGHT = [1, 32, 256] as const;
const VERSIONS = 10;
const WARM_MS = 200;
const MEASURED_MS = 1_200;

type InFlight = (typeof IN_FLIGHT)[number];
/** Events per second of the systems, in their order. */
type Round = Readonly<Record<InFlight, readonly number[]>>;

/** At `inFlight`, at least so many times system number `peer`. */
export interface Bar {
  readonly inFlight: InFlight;
  readonly peer: number;
  readonly times: number;
}

export interface Comparison {
  readonly bench: string;
  /** The bars in words. */
  readonly bar: string;
  readonly bars: readonly Bar[];
  readonly settings: readonly string[];
}

/** The first system is ours; the others are what it is compared with. */
export async function compare(
  systems: readonly AppendSystem[],
  comparison: Comparison,
  options: Pick<BenchOptions, 'rounds' | 'say'>,
): Promise<Report> {
  for (const line of comparison.settings) options.say(line);
  return reportOf(systems, await measure(systems, options), comparison);
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

function reportOf(systems: readonly AppendSystem[], rounds: readonly Round[], comparison: Comparison): Report {
  const { bench, bar, bars, settings } = comparison;
  const rates = (inFlight: InFlight, system: number) => rounds.map((round) => round[inFlight][system] ?? Number.NaN);
  const ratios = (inFlight: InFlight, peer: number) =>
    rates(inFlight, 0).map((ours, n) => ours / (rates(inFlight, peer)[n] ?? Number.NaN));
  const tables = IN_FLIGHT.flatMap((inFlight) => [
    `${inFlight} in flight, events per second`,
    ...systems.map(({ name }, index) => lineOf(`  ${name}`, spreadOf(rates(inFlight, index)), perSecond)),
    ...systems.slice(1).map(({ name }, n) => lineOf(`  times ${name}`, spreadOf(ratios(inFlight, n + 1)), times)),
  ]);
  return {
    bench,
    bar,
    reached: bars.every(({ inFlight, peer, times: wanted }) => spreadOf(ratios(inFlight, peer)).median >= wanted),
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
