import type { Round } from './order-round.js';

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** A line for a round; what is wrong in lines below. */
export function roundLine(number: number, { fault, moment, end, outcome, orderMs, tookMs, wrong }: Round): string {
  const mark = end === 'neither' ? '✗' : '✓';
  const when = moment ?? 'never came';
  const line = `${mark} ${String(number).padStart(3)}  ${fault.padEnd(28)} ${end.padEnd(8)} ${outcome.padEnd(10)}`;
  const times = `order ${seconds(orderMs)}, round ${seconds(tookMs)}`;
  return [`${line} ${times}  ${when}`, ...wrong.map((each) => `        ${each}`)].join('\n');
}

export interface Matrix {
  readonly rounds: number;
  /** Rounds in which the moment did not come. */
  readonly undisturbed: number;
  /** Who was killed, at what kind of moment → end → rounds. */
  readonly faults: Readonly<Record<string, Readonly<Record<Round['end'], number>>>>;
  readonly ends: Readonly<Record<Round['end'], number>>;
  /** Faults to repeat, and what was wrong. */
  readonly neither: readonly { readonly fault: string; readonly wrong: readonly string[] }[];
}

export function matrixOf(rounds: readonly Round[]): Matrix {
  const faults: Record<string, Record<Round['end'], number>> = {};
  const ends = { live: 0, undone: 0, neither: 0 };
  for (const { fault, end } of rounds) {
    const row = (faults[kindOf(fault)] ??= { live: 0, undone: 0, neither: 0 });
    row[end] += 1;
    ends[end] += 1;
  }
  return {
    rounds: rounds.length,
    undisturbed: rounds.filter(({ moment }) => moment === null).length,
    faults,
    ends,
    neither: rounds.filter(({ end }) => end === 'neither').map(({ fault, wrong }) => ({ fault, wrong })),
  };
}

/** `nats@commit:7` → `nats after commit`; `nats@120ms` → `nats at random`. */
function kindOf(fault: string): string {
  const [victim, when = ''] = fault.split('@');
  return `${victim} ${when.endsWith('ms') ? 'at random' : `after ${when.split(':')[0]}`}`;
}

export function matrixText({ rounds, undisturbed, faults, ends, neither }: Matrix): string {
  const row = (name: string, counts: Readonly<Record<Round['end'], number>>): string =>
    name.padEnd(34) + [counts.live, counts.undone, counts.neither].map((count) => String(count).padStart(9)).join('');
  const repeat = neither.map(({ fault }) => `  npm run faults -- order --only ${fault}`);
  return [
    '',
    `${'killed'.padEnd(34)}     live   undone  neither`,
    ...Object.entries(faults).map(([name, counts]) => row(name, counts)),
    row(`${rounds} rounds`, ends),
    ...(undisturbed > 0 ? [`In ${undisturbed} of them the moment did not come.`] : []),
    ...(repeat.length > 0 ? ['', 'Neither live nor undone; to repeat:', ...repeat] : []),
  ].join('\n');
}
