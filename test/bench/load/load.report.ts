import type { Report } from '../bench.js';
import { HEADING, lineOf, megabytes, seconds, type Spread, spreadOf } from '../rounds.js';
import { COMMITS } from './population.js';
import type { Quantiles } from './quantiles.js';

/** Loads of one round, one after the other. */
export interface Round {
  /** In memory already. */
  readonly warm: Peers;
  /** Not in memory. */
  readonly cold: Peers;
}

interface Peers {
  readonly ours: Quantiles;
  readonly emmett: Quantiles;
}

export interface SizeMeasured {
  readonly size: number;
  readonly rounds: readonly Round[];
  /** Neither in memory nor kept: back to the first commit. */
  readonly walk: Quantiles;
  /** Resident memory of the server of the log. */
  readonly natsBytes: number;
}

type Disturbed = Quantiles & { readonly done: number };

interface Stall {
  readonly undisturbed: Disturbed;
  readonly byRows: Disturbed;
  readonly byWalks: Disturbed;
}

export interface LoadMeasured {
  readonly settings: readonly string[];
  readonly sizes: readonly SizeMeasured[];
  readonly stall: Stall;
  /** From SIGKILL of the server of the log until it answers again, the supervisor's noticing included. */
  readonly restartMs: number;
  readonly loads: number;
}

const TEMPERATURES = ['warm', 'cold'] as const;
const PARTS = ['p50', 'p99'] as const;
const FLAT = 1.2;
const STALL = 3;

type Temperature = (typeof TEMPERATURES)[number];
type Part = keyof Quantiles;

export function reportOf({ settings, sizes, stall, restartMs, loads }: LoadMeasured): Report {
  const tables = sizes.map(figuresOf);
  const flat = Object.fromEntries(TEMPERATURES.map((temperature) => [temperature, growthOf(sizes, temperature)]));
  const waits = {
    byRows: stall.byRows.p99 / stall.undisturbed.p99,
    byWalks: stall.byWalks.p99 / stall.undisturbed.p99,
  };
  const ratios = tables.flatMap(({ figures }) => figures.map(({ times }) => times.median));
  return {
    bench: 'load',
    bar: `≥ 1 × Emmett (p50, p99, medians of the rounds); ≤ ${FLAT} × over the sizes (p50); appends' p99 ≤ ${STALL} × while histories are walked`,
    reached:
      ratios.every((ratio) => ratio >= 1) &&
      Object.values(flat).every((growth) => growth <= FLAT) &&
      waits.byWalks <= STALL,
    lines: [
      ...settings,
      `${sizes[0]?.rounds.length ?? 0} rounds of ${loads} loads, one after the other; ${COMMITS} commits each, spread over the log`,
      HEADING,
      ...tables.flatMap(({ lines }) => lines),
      ...TEMPERATURES.map((each) => `${each}, p50, largest size to smallest: ${flat[each]?.toFixed(2)} ×`),
      ...stallLines(stall, waits),
      `nats-server answers ${seconds(restartMs)} after SIGKILL, among the most aggregates`,
    ],
    figures: { settings, sizes: tables.map(({ json }) => json), flat, stall: { ...stall, times: waits }, restartMs },
  };
}

function figuresOf({ size, rounds, walk, natsBytes }: SizeMeasured) {
  const figures = TEMPERATURES.flatMap((temperature) =>
    PARTS.map((part) => {
      const of = (peer: keyof Peers) => rounds.map((round) => round[temperature][peer][part]);
      const [ours, emmett] = [of('ours'), of('emmett')];
      const times = spreadOf(ours.map((time, n) => (emmett[n] ?? Number.NaN) / time));
      return { name: `${temperature}, ${part}`, ours: spreadOf(ours), emmett: spreadOf(emmett), times };
    }),
  );
  return {
    figures,
    lines: [
      `among ${size} aggregates`,
      ...figures.flatMap(({ name, ours, emmett, times }) => [
        lineOf(`  ${name}`, ours, milliseconds),
        lineOf('    Emmett', emmett, milliseconds),
        lineOf('    Emmett takes', times, ratio),
      ]),
      `  neither in memory nor in PostgreSQL: p50 ${milliseconds(walk.p50)}, p99 ${milliseconds(walk.p99)}`,
      `  memory of nats-server: ${megabytes(natsBytes)}`,
    ],
    json: { size, figures: figures.map(({ name, ...rest }) => ({ name, ...rest })), walk, natsBytes },
  };
}

function growthOf(sizes: readonly SizeMeasured[], temperature: Temperature, part: Part = 'p50'): number {
  const medians = sizes.map(({ rounds }): Spread => spreadOf(rounds.map((round) => round[temperature].ours[part])));
  return (medians.at(-1)?.median ?? Number.NaN) / (medians[0]?.median ?? Number.NaN);
}

function stallLines({ undisturbed, byRows, byWalks }: Stall, waits: { byRows: number; byWalks: number }): string[] {
  const line = (name: string, { p50, p99 }: Quantiles): string =>
    `  ${name}: p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}`;
  return [
    'appends of four writers, among the most aggregates',
    line('undisturbed', undisturbed),
    `${line(`while ${byRows.done} were loaded by their rows`, byRows)}, ${ratio(waits.byRows)}`,
    `${line(`while ${byWalks.done} were loaded by walking back`, byWalks)}, ${ratio(waits.byWalks)}`,
  ];
}

const milliseconds = (ms: number): string => `${ms.toFixed(2)} ms`;
const ratio = (times: number): string => `${times.toFixed(2)} ×`;
