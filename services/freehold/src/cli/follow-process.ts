import type { ProcessOperations } from '@freehold/kernel';
import { Listr, PRESET_TIMER } from 'listr2';
import { hasEnded, ProgressLines, type ProcessShown, type StepShown, stepTitle } from '../output/process-progress.js';
import { stuckLines } from '../output/stuck-text.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { renderFinding } from './render-failure.js';
import type { Session } from './session.js';

export interface ProcessName {
  operator: string;
  process: string;
}

const LONGEST_WAIT_S = 20;

/** The row of the context that runs the process. */
export type FollowProcess = ProcessOperations['followProcess'];

interface Followed {
  last: ProcessShown;
  exitCode: ExitCode;
}

/** Shows the steps until the process has ended, and says how. */
export const followToEnd = (session: Session, name: ProcessName, row: FollowProcess): Promise<Followed> =>
  followTo(session, name, row, null);

/** The same, for processes that go on for long after a step that their user waits for. */
export async function followTo(
  session: Session,
  name: ProcessName,
  row: FollowProcess,
  step: string | null,
): Promise<Followed> {
  const { terminal, options } = session;
  const watched = new Watched(session, { name, row, step });
  if (options.json === true) await watched.untilEnd(() => undefined);
  else if (terminal.isInteractive) await drawn(watched);
  else {
    const lines = new ProgressLines();
    await watched.untilEnd((shown) => lines.changed(shown, Date.now()).forEach((line) => terminal.out(line)));
  }
  const last = await watched.untilEnd(() => undefined);
  if (!hasEnded(last)) return { last, exitCode: EXIT.ok };
  if (options.json !== true) sayEnd(session, last);
  return { last, exitCode: EXIT_CODES[last.recorded.status] ?? EXIT.unexpected };
}

const EXIT_CODES: Readonly<Record<string, ExitCode>> = {
  completed: EXIT.ok,
  refused: EXIT.refused,
  failed: EXIT.processFailed,
  stuck: EXIT.processFailed,
};

/** The process as it was last seen; one question at a time, each waits for the next change. */
class Watched {
  #last: ProcessShown | undefined;

  constructor(
    private readonly session: Session,
    private readonly watch: { name: ProcessName; row: FollowProcess; step: string | null },
  ) {}

  async next(): Promise<ProcessShown> {
    const seen = this.#last;
    const body = seen === undefined ? { wait: 0 } : { after: seen.position, wait: LONGEST_WAIT_S };
    const { reply } = await this.session.call(this.watch.row, {
      ...{ params: this.watch.name, body, waitS: LONGEST_WAIT_S },
    });
    return (this.#last = reply);
  }

  get last(): ProcessShown | undefined {
    return this.#last;
  }

  async untilEnd(each: (shown: ProcessShown) => void): Promise<ProcessShown> {
    let shown = this.#last ?? (await this.next());
    for (;;) {
      each(shown);
      if (this.isOver(shown)) return shown;
      shown = await this.next();
    }
  }

  isOver(shown: ProcessShown): boolean {
    const { step } = this.watch;
    return hasEnded(shown) || shown.recorded.steps.some(({ name, state }) => name === step && state === 'done');
  }

  /** Those that are waited for. */
  stepsOf({ recorded: { steps } }: ProcessShown): readonly StepShown[] {
    const last = steps.findIndex(({ name }) => name === this.watch.step);
    return last < 0 ? steps : steps.slice(0, last + 1);
  }
}

/** A task per step; each ends when its step has. What an agent is doing stands below it. */
async function drawn(watched: Watched): Promise<void> {
  const first = await watched.next();
  const stepOf = (shown: ProcessShown, name: string): StepShown | undefined =>
    shown.recorded.steps.find((step) => step.name === name);
  const tasks = watched.stepsOf(first).map(({ name }) => ({
    title: stepTitle(name),
    task: async (_: unknown, task: { output: string }): Promise<void> => {
      for (let shown = watched.last ?? first; ; shown = await watched.next()) {
        const step = stepOf(shown, name);
        if (step === undefined || step.state === 'done') return;
        if (hasEnded(shown) || step.state === 'failed' || step.state === 'undone') throw new Error(stepTitle(name));
        if (shown.observed?.activity) task.output = shown.observed.activity;
      }
    },
  }));
  const listr = new Listr(tasks, { concurrent: false, exitOnError: true, rendererOptions: { timer: PRESET_TIMER } });
  await listr.run().catch(() => undefined); // the steps' findings are said at the end, with the undos
}

function sayEnd({ terminal }: Session, { recorded }: ProcessShown): void {
  const { status, findings, steps } = recorded;
  if (status === 'completed') return;
  if (status === 'stuck') return stuckLines(recorded, terminal).forEach((line) => terminal.err(line));
  const undone = steps.filter(({ state }) => state === 'undone').length;
  terminal.err(terminal.colours.red(ENDS[status] ?? `It ended: ${status}`));
  for (const finding of findings) for (const line of renderFinding(finding, terminal.colours)) terminal.err(line);
  if (undone > 0) terminal.err(`Everything was undone (${undone} steps); nothing is left of it.`);
}

const ENDS: Readonly<Record<string, string>> = {
  refused: 'It was refused.',
  failed: 'It failed.',
};
