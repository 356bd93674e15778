import type { Setting } from './guest-image.js';
import type { PowerRound } from './power-round.js';

const SUMS = [
  'acknowledged',
  'lost',
  'doubled',
  'changed',
  'gaps',
  'settled',
  'misled',
  'puts',
  'putsLost',
  'unsynced',
  'dropped',
] as const;

type Sums = Readonly<Record<(typeof SUMS)[number] | 'rounds' | 'bad', number>>;
export type PowerMatrix = Readonly<Record<Setting, Sums>>;

export function powerMatrix(rounds: Readonly<Record<Setting, readonly PowerRound[]>>): PowerMatrix {
  return { ours: sumsOf(rounds.ours), default: sumsOf(rounds.default) };
}

function sumsOf(rounds: readonly PowerRound[]): Sums {
  const sum = (name: (typeof SUMS)[number]): number => rounds.reduce((total, round) => total + round[name], 0);
  const bad = rounds.filter(({ isGood }) => !isGood).length;
  return {
    rounds: rounds.length,
    bad,
    acknowledged: sum('acknowledged'),
    lost: sum('lost'),
    doubled: sum('doubled'),
    changed: sum('changed'),
    gaps: sum('gaps'),
    settled: sum('settled'),
    misled: sum('misled'),
    puts: sum('puts'),
    putsLost: sum('putsLost'),
    unsynced: sum('unsynced'),
    dropped: sum('dropped'),
  };
}

/** A line for a round. */
export function powerRoundLine(setting: Setting, number: number, round: PowerRound): string {
  const { isGood, afterMs, keeps, acknowledged, lost, puts, putsLost, unsynced, dropped, backMs } = round;
  // The control is meant to lose.
  const mark = setting === 'default' ? '·' : isGood ? '✓' : '✗';
  const cut = `cut after ${String(afterMs).padStart(4)} ms, the cache keeps ${keeps} (${dropped} of ${unsynced} sectors dropped)`;
  const commits = `${acknowledged} commits acknowledged, ${lost} lost, ${round.doubled} doubled, ${round.changed} changed, ${round.gaps} gaps`;
  const later = `${round.settled} settled, ${round.misled} misled, ${round.stored} stored`;
  return [
    `${mark} ${setting} ${String(number).padStart(3)}  ${cut}, back in ${(backMs / 1000).toFixed(1)} s`,
    `        ${commits}; ${later}; ${puts} puts, ${putsLost} lost`,
  ].join('\n');
}

export function powerMatrixText(matrix: PowerMatrix): string {
  const row = (name: keyof Sums): string =>
    [name.padEnd(14), ...[matrix.ours, matrix.default].map((sums) => String(sums[name]).padStart(16))].join('');
  const head = ['', 'our settings', 'default interval'].map((cell, n) =>
    n === 0 ? cell.padEnd(14) : cell.padStart(16),
  );
  return ['', head.join(''), ...(['rounds', 'bad', ...SUMS] as const).map(row)].join('\n');
}
