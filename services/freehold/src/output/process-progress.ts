import type { ReplyOf } from '@freehold/kernel';
import type { followProcess } from '@freehold/deployment-contract';
import { duration } from './durations.js';

export type ProcessShown = ReplyOf<typeof followProcess>;
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

/** `done (1.2 s)`. */
export function stepSaid({ state, startedAt, endedAt }: StepShown): string {
  const took =
    startedAt === null || endedAt === null ? '' : ` (${duration(Date.parse(endedAt) - Date.parse(startedAt))})`;
  return `${SAID[state]}${took}`;
}

/** A line per step whose state changed since the last look, for output that cannot be redrawn. */
export class ProgressLines {
  readonly #states = new Map<string, string>();

  changed({ recorded }: ProcessShown): string[] {
    return recorded.steps.flatMap((step) => {
      if (step.state === (this.#states.get(step.name) ?? 'waiting')) return [];
      this.#states.set(step.name, step.state);
      return QUIET.has(step.state) ? [] : [`${stepTitle(step.name)}: ${stepSaid(step)}`];
    });
  }
}

/** A step that only runs is over in a moment; one that awaits something takes time. */
const QUIET: ReadonlySet<string> = new Set(['waiting', 'running']);

const ENDED: ReadonlySet<string> = new Set(['completed', 'refused', 'failed', 'stuck']);

export const hasEnded = ({ recorded }: ProcessShown): boolean => ENDED.has(recorded.status);
