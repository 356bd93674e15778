import { setTimeout as pause } from 'node:timers/promises';
import { kill } from '../faults/victims.js';
import type { Installation } from '../kit/installation.js';
import type { BenchOptions, Report } from './bench.js';
import { answering, startFilledCell } from './cell/filled-cell.js';
import { DEPLOYMENTS_EACH } from './cell/histories.js';
import { memoryOf } from './memory.js';
import { HEADING, lineOf, megabytes, seconds, type Spread, spreadOf } from './rounds.js';
import { atRest } from './scale/restarts.js';

const OPERATORS = 1_000;
const BAR_BYTES = 2 ** 30;
const BAR_RESTART_MS = 10_000;
const SETTLE_MS = 60_000;
const RESTART_TIMEOUT_MS = 600_000;

const ENDS = {
  'start after a clean stop': (cell: Installation) => cell.kill('SIGINT'),
  'start after SIGKILL of everything': (cell: Installation) => kill(cell, 'all'),
} as const;

/**
 * Memory (sum of PSS) of the platform, NATS and PostgreSQL with a thousand operators and their deployments in the log, once all of
 * it was read, and 60 s after a start; and how long it takes from the start until every context answers.
 */
export async function idleBench({ rounds, commits: wanted, say }: BenchOptions): Promise<Report> {
  await using filled = await startFilledCell({ operators: OPERATORS, commits: wanted }, say);
  const { installation: cell, commits } = filled;
  say('waiting until nothing is left to be done');
  await atRest(cell.folder);
  const caughtUp = memoryOf(cell.folder);
  const measured: Record<string, number[]> = {};
  for (let n = 1; n <= rounds; n += 1) {
    for (const [name, end] of Object.entries(ENDS)) {
      await end(cell);
      const ms = await back(cell);
      (measured[name] ??= []).push(ms);
      say(`round ${n} of ${rounds}, ${name}: answers after ${seconds(ms)}`);
    }
  }
  say('waiting for 60 s');
  await pause(SETTLE_MS);
  const restarts = Object.fromEntries(Object.entries(measured).map(([name, all]) => [name, spreadOf(all)]));
  return reportOf({ commits, caughtUp, settled: memoryOf(cell.folder), restarts });
}

/** Milliseconds from the start to the first moment at which every context answers. */
async function back(cell: Installation): Promise<number> {
  const begun = performance.now();
  await cell.restart();
  await answering(cell, RESTART_TIMEOUT_MS);
  return performance.now() - begun;
}

interface Figures {
  readonly commits: number;
  readonly caughtUp: Readonly<Record<string, number>>;
  readonly settled: Readonly<Record<string, number>>;
  readonly restarts: Readonly<Record<string, Spread>>;
}

function reportOf(figures: Figures): Report {
  const { commits, caughtUp, settled, restarts } = figures;
  const totals = [caughtUp, settled].map((sizes) => Object.values(sizes).reduce((sum, each) => sum + each, 0));
  const worst = Math.max(...Object.values(restarts).map(({ max }) => max));
  const row = (name: string, bytes: readonly number[]): string =>
    `${name.padEnd(34)}${bytes.map((each) => megabytes(each).padStart(22)).join('')}`;
  return {
    bench: 'idle',
    bar: 'platform, NATS and PostgreSQL together ≤ 1 GiB, caught up and settled; every context answers < 10 s after a start (worst)',
    reached: Math.max(...totals) <= BAR_BYTES && worst < BAR_RESTART_MS,
    lines: [
      `${OPERATORS} operators × ${DEPLOYMENTS_EACH} live deployments in the log, ${commits} commits; no application runs`,
      `${'memory (PSS)'.padEnd(34)}${['all read', '60 s after a start'].map((each) => each.padStart(22)).join('')}`,
      ...Object.keys(settled).map((part) => row(part, [caughtUp[part] ?? 0, settled[part] ?? 0])),
      row('together', totals),
      HEADING,
      ...Object.entries(restarts).map(([name, spread]) => lineOf(name, spread, seconds)),
    ],
    figures: { ...figures, totals },
  };
}
