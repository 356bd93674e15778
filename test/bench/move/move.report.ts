import type { CopyResult } from '@freehold/deployment-contract';
import type { Report } from '../bench.js';
import { HEADING, lineOf, megabytes, seconds, type Spread, spreadOf } from '../rounds.js';
import type { Sizes } from './content.js';
import type { Cut } from './cut.js';

export interface Round {
  readonly rsyncMs: number;
  /** SHA-256 of both sides' files after it, one processor each. */
  readonly digestsMs: number;
  readonly handDowntimeMs: number;
  readonly rounds: CopyResult['rounds'];
  readonly downtimeMs: number;
  readonly sourcePeak: number;
  readonly targetPeak: number;
  readonly steps: readonly { readonly name: string; readonly endedAt: string | null }[];
}

const BAR = { rate: 0.8, downtime: 1.2, memoryBytes: 300e6 } as const;

export function moveReport(measured: readonly Round[], cut: Cut, sizes: Sizes): Report {
  const spread = (of: (round: Round) => number): Spread => spreadOf(measured.map(of));
  const bytes = measured[0]?.rounds[0]?.bytes ?? 0;
  const rate = (ms: number) => bytes / (ms / 1000);
  const figures = {
    rsync: spread(({ rsyncMs }) => rate(rsyncMs)),
    rsyncAndDigests: spread(({ rsyncMs, digestsMs }) => rate(rsyncMs + digestsMs)),
    firstRound: spread(({ rounds }) => rate(tookFor(rounds, 1))),
    withDigests: spread(({ rounds }) => rate(tookFor(rounds, 2))),
    handDowntime: spread(({ handDowntimeMs }) => handDowntimeMs),
    downtime: spread(({ downtimeMs }) => downtimeMs),
    sourcePeak: spread(({ sourcePeak }) => sourcePeak),
    targetPeak: spread(({ targetPeak }) => targetPeak),
    secondRound: spread(({ rounds }) => rounds[1]?.fetchedBytes ?? Number.NaN),
  };
  const { rsync, rsyncAndDigests, firstRound, withDigests, handDowntime, downtime } = figures;
  const { sourcePeak, targetPeak, secondRound } = figures;
  const rateRatio = firstRound.median / rsync.median;
  const downtimeRatio = downtime.median / handDowntime.median;
  const reached =
    rateRatio >= BAR.rate &&
    downtimeRatio <= BAR.downtime &&
    Math.max(sourcePeak.max, targetPeak.max) <= BAR.memoryBytes &&
    secondRound.max === 0 &&
    cut.repeatedBytes <= cut.largestFile;
  const perSecond = (value: number) => `${megabytes(value)}/s`;
  return {
    bench: 'move',
    bar: 'rate ≥ 0.8 × rsync, downtime ≤ 1.2 × by hand, ≤ 300 MB a side, nothing in a second round, ≤ 1 file repeated',
    reached,
    lines: [
      `${megabytes(bytes)} in ${sizes.files} files, ${sizes.rows} rows; ${measured.length} rounds, cold caches`,
      HEADING,
      lineOf('rsync -a', rsync, perSecond),
      lineOf('first round', firstRound, perSecond),
      `  ratio ${rateRatio.toFixed(2)}`,
      lineOf('rsync -a, then digests', rsyncAndDigests, perSecond),
      lineOf('two rounds, with digests', withDigests, perSecond),
      `  ratio ${(withDigests.median / rsyncAndDigests.median).toFixed(2)}`,
      lineOf('downtime by hand', handDowntime, seconds),
      lineOf(`downtime, 1 % changed`, downtime, seconds),
      `  ratio ${downtimeRatio.toFixed(2)}`,
      lineOf('peak memory of the source', sourcePeak, megabytes),
      lineOf('peak memory of the target', targetPeak, megabytes),
      lineOf('bytes of a second round', secondRound, String),
      `cut at half: ${cut.repeatedBytes} bytes repeated; the largest file has ${Math.round(cut.largestFile)}`,
      ...stepLines(measured.at(-1)),
    ],
    figures: {
      sizes: { ...sizes, bytes },
      ...figures,
      rateRatio,
      downtimeRatio,
      cut,
      steps: measured.map(({ steps }) => steps),
    },
  };
}

/** Milliseconds. */
const tookFor = (rounds: CopyResult['rounds'], first: number): number =>
  rounds.slice(0, first).reduce((sum, { durationMs }) => sum + durationMs, 0);

/** Where the time of the last round's arrival went. */
function stepLines(round: Round | undefined): string[] {
  const steps = round?.steps ?? [];
  const took = steps.map(({ name, endedAt }, n) => {
    const before = steps[n - 1]?.endedAt ?? endedAt;
    return `${name} ${seconds(Date.parse(endedAt ?? '') - Date.parse(before ?? ''))}`;
  });
  return [`steps of the last arrival: ${took.join(', ')}`];
}
