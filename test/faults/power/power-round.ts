import { eventually } from '@freehold/supervisor/testing';
import { createHash } from 'node:crypto';
import type { PowerLedger } from './ledger.js';
import type { PowerCell } from './power-cell.js';
import { forgetLost, isClean, type PowerVerdict, verdictOf } from './power-verdict.js';
import { PowerWriters } from './power-writers.js';
import type { Cut } from './volatile-disk.js';

/** What had got out of the disk's cache by itself when the power went. */
export const CACHES = ['nothing', 'half', 'everything'] as const;

const FIRST_TIMEOUT_MS = 60_000;

export interface PowerFault {
  /** From the first acknowledgement on. */
  readonly afterMs: number;
  readonly keeps: (typeof CACHES)[number];
  /** Of the half. */
  readonly salt: number;
}

export interface PowerRound extends PowerFault, PowerVerdict, Cut {
  /** Commits acknowledged before the cut. */
  readonly acknowledged: number;
  readonly puts: number;
  /** Unanswered at the cut; the appender found out later, or sent them again. */
  readonly settled: number;
  /** The appender said that another commit came first, which nobody sent, or could not find out. */
  readonly misled: number;
  /** From the power's return until the server served. */
  readonly backMs: number;
  /** In the log at the end. */
  readonly stored: number;
  readonly isGood: boolean;
}

/** Writers at work, the power cut, the power back: what is there? */
export async function powerRound(cell: PowerCell, ledger: PowerLedger, fault: PowerFault): Promise<PowerRound> {
  const writers = new PowerWriters(ledger, cell);
  // A busy machine takes seconds to the first: a cut before it would show nothing.
  if (!(await eventually(() => writers.appended > 0, { timeoutMs: FIRST_TIMEOUT_MS, intervalMs: 5 })))
    throw new Error(`nothing is acknowledged:\n${cell.said}`);
  await after(fault.afterMs);
  writers.cut();
  const cut = await cell.cut(keeperOf(fault));
  const backMs = await cell.back();
  await writers.ended();
  const found = await cell.look(ledger);
  const verdict = verdictOf(ledger, found);
  forgetLost(ledger, found);
  const { appended: acknowledged, put: puts, settled, misled } = writers;
  const isGood = isClean(verdict) && misled === 0;
  return {
    ...fault,
    ...verdict,
    ...cut,
    acknowledged,
    puts,
    settled,
    misled,
    backMs,
    stored: found.commits.length,
    isGood,
  };
}

const keeperOf =
  ({ keeps, salt }: PowerFault) =>
  (sector: number): boolean =>
    keeps === 'everything' || (keeps === 'half' && isEven(createHash('sha256').update(`${salt} ${sector}`).digest()));

const isEven = ([first = 0]: Buffer): boolean => first % 2 === 0;

const after = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
