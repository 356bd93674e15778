import type { MoveRound } from './move-round.js';

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const ENDS = ['source', 'target', 'stuck', 'third'] as const;
type Counts = Record<MoveRound['end'], number>;
const none = (): Counts => ({ source: 0, target: 0, stuck: 0, third: 0 });

/** A line for a round; what is wrong in lines below. */
export function moveRoundLine(number: number, round: MoveRound): string {
  const { fault, moment, end, outcome, moveMs, pauseMs, tookMs, acknowledged, wrong } = round;
  const line = `${end === 'third' ? '✗' : '✓'} ${String(number).padStart(3)}  ${fault.padEnd(28)} ${end.padEnd(7)}`;
  const times = `move ${seconds(moveMs)}, pause ${seconds(pauseMs)}, round ${seconds(tookMs)}`;
  return [
    `${line} ${times}, ${acknowledged} entries  ${outcome}  ${moment ?? 'never came'}`,
    ...wrong.map((each) => `        ${each}`),
  ].join('\n');
}

export interface MoveMatrix {
  readonly rounds: number;
  /** Rounds in which the moment did not come. */
  readonly undisturbed: number;
  readonly faults: Readonly<Record<string, Readonly<Counts>>>;
  readonly ends: Readonly<Counts>;
  /** Faults to repeat, and what was wrong. */
  readonly third: readonly { readonly fault: string; readonly wrong: readonly string[] }[];
}

export function moveMatrixOf(rounds: readonly MoveRound[]): MoveMatrix {
  const faults: Record<string, Counts> = {};
  const ends = none();
  for (const { fault, end } of rounds) {
    (faults[fault.split('@')[0] ?? fault] ??= none())[end] += 1;
    ends[end] += 1;
  }
  return {
    rounds: rounds.length,
    undisturbed: rounds.filter(({ moment }) => moment === null).length,
    faults,
    ends,
    third: rounds.filter(({ end }) => end === 'third').map(({ fault, wrong }) => ({ fault, wrong })),
  };
}

export function moveMatrixText({ rounds, undisturbed, faults, ends, third }: MoveMatrix): string {
  const row = (name: string, counts: Readonly<Counts>): string =>
    name.padEnd(24) + ENDS.map((end) => String(counts[end]).padStart(9)).join('');
  const repeat = third.map(({ fault }) => `  npm run faults -- move --only ${fault}`);
  return [
    '',
    `${'disturbed by'.padEnd(24)}${ENDS.map((end) => end.padStart(9)).join('')}`,
    ...Object.entries(faults).map(([name, counts]) => row(name, counts)),
    row(`${rounds} rounds`, ends),
    ...(undisturbed > 0 ? [`In ${undisturbed} of them the moment did not come.`] : []),
    ...(repeat.length > 0 ? ['', 'A third end; to repeat:', ...repeat] : []),
  ].join('\n');
}
