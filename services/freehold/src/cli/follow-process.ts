import type { ProcessOperations } from '@freehold/kernel';
import { Listr, PRESET_TIMER } from 'listr2';
import { hasEnded, ProgressLines, type ProcessShown, type StepShown, stepTitle } from '../output/process-progress.js';
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

/** Shows the steps until the process has ended, and says how. */
export async function followToEnd(
  session: Session,
  name: ProcessName,
  row: FollowProcess,
): Promise<{ last: ProcessShown; exitCode: ExitCode }> {
  const { terminal, options } = session;
  const watched = new Watched(session, name, row);
  if (options.json === true) await watched.untilEnd(() => undefined);
  else if (terminal.isInteractive) await drawn(watched);
  else {
    const lines = new ProgressLines();
    await watched.untilEnd((shown) => lines.changed(shown, Date.now()).forEach((line) => terminal.out(line)));
  }
  const last = await watched.untilEnd(() => undefined);
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
    private readonly name: ProcessName,
    private readonly row: FollowProcess,
  ) {}

  async next(): Promise<ProcessShown> {
    const seen = this.#last;
    const body = seen === undefined ? { wait: 0 } : { after: seen.position, wait: LONGEST_WAIT_S };
    const { reply } = await this.session.call(this.row, { params: this.name, body, waitS: LONGEST_WAIT_S });
    return (this.#last = reply);
  }

  get last(): ProcessShown | undefined {
    return this.#last;
  }

  async untilEnd(each: (shown: ProcessShown) => void): Promise<ProcessShown> {
    let shown = this.#last ?? (await this.next());
    for (;;) {
      each(shown);
      if (hasEnded(shown)) return shown;
      shown = await this.next();
    }
  }
}

/** A task per step; each ends when its step has. What an agent is doing stands below it. */
async function drawn(watched: Watched): Promise<void> {
  const first = await watched.next();
  const stepOf = (shown: ProcessShown, name: string): StepShown | undefined =>
    shown.recorded.steps.find((step) => step.name === name);
  const tasks = first.recorded.steps.map(({ name }) => ({
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
  const { status, findings, id, steps } = recorded;
  if (status === 'completed') return;
  const undone = steps.filter(({ state }) => state === 'undone').length;
  terminal.err(terminal.colours.red(ENDS[status] ?? `It ended: ${status}`));
  for (const finding of findings) for (const line of renderFinding(finding, terminal.colours)) terminal.err(line);
  if (status === 'stuck') terminal.err(`→ freehold work retry ${id.slice(0, 8)}`);
  else if (undone > 0) terminal.err(`Everything was undone (${undone} steps); nothing is left of it.`);
}

const ENDS: Readonly<Record<string, string>> = {
  refused: 'It was refused.',
  failed: 'It failed.',
  stuck: 'It is stuck: undoing failed, and somebody must look.',
};
