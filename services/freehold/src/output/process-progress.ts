import type { ProcessOperations, ReplyOf } from '@freehold/kernel';
import { duration, relative } from './durations.js';
import { oneLine } from './table.js';

export type ProcessShown = ReplyOf<ProcessOperations['followProcess']>;
export type StepShown = ProcessShown['recorded']['steps'][number];

/** `reserve-place` → `reserve place`. */
export const stepTitle = (name: string): string => name.replaceAll('-', ' ');

const SAID: Readonly<Record<StepShown['state'], string>> = {
  waiting: 'waits',
  running: 'runs',
  awaiting: 'is under way',
  done: 'done',
  failed: 'failed',
  undoing: 'is being undone',
  undone: 'undone',
};

const UNDER_WAY: ReadonlySet<string> = new Set(['running', 'awaiting', 'undoing']);

/**
 * `done (1.2 s)`, `is under way for 3 min`, `waits until … (in 29 d)`, `skipped: it has no name`.
 *
 * @param now null: without what will be wrong when it is read later
 */
export function stepSaid({ state, startedAt, endedAt, notBefore, skipped }: StepShown, now: Date | null): string {
  if (skipped !== null) return `${state === 'undone' ? 'nothing to undo' : 'skipped'}: ${oneLine(skipped)}`;
  if (state === 'waiting' && notBefore !== null) {
    return `waits until ${notBefore}${now === null ? '' : ` (${relative(notBefore, now)})`}`;
  }
  if (startedAt === null) return SAID[state];
  const tookMs = (end: number) => Math.max(0, end - Date.parse(startedAt));
  if (endedAt !== null) return `${SAID[state]} (${duration(tookMs(Date.parse(endedAt)))})`;
  return now !== null && UNDER_WAY.has(state) ? `${SAID[state]} for ${duration(tookMs(now.getTime()))}` : SAID[state];
}

const ACTIVITY_EVERY_MS = 10_000;

/** A line per step whose state changed since the last look, for output that cannot be redrawn; what an agent does every 10 s. */
export class ProgressLines {
  readonly #states = new Map<string, string>();
  #activity: string | null = null;
  #activityAt = -Infinity;

  /** @param nowMs of a clock that does not go back. */
  changed({ recorded, observed }: ProcessShown, nowMs: number): string[] {
    return [...this.#steps(recorded), ...this.#doing(observed?.activity ?? null, nowMs)];
  }

  #doing(activity: string | null, nowMs: number): string[] {
    if (activity === null || activity === this.#activity || nowMs - this.#activityAt < ACTIVITY_EVERY_MS) return [];
    [this.#activity, this.#activityAt] = [activity, nowMs];
    return [`  ${oneLine(activity)}`];
  }

  #steps(recorded: ProcessShown['recorded']): string[] {
    return recorded.steps.flatMap((step) => {
      if (step.state === (this.#states.get(step.name) ?? 'waiting')) return [];
      this.#states.set(step.name, step.state);
      return QUIET.has(step.state) ? [] : [`${stepTitle(step.name)}: ${stepSaid(step, null)}`];
    });
  }
}

/** A step that only runs is over in a moment; one that awaits something takes time. */
const QUIET: ReadonlySet<string> = new Set(['waiting', 'running']);

const ENDED: ReadonlySet<string> = new Set(['completed', 'refused', 'failed', 'stuck']);

export const hasEnded = ({ recorded }: ProcessShown): boolean => ENDED.has(recorded.status);
