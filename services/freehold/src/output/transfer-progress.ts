import { Listr, PRESET_TIMER } from 'listr2';
import { bytes, duration } from './durations.js';
import type { Terminal } from './terminal.js';

/** How far long work on files is; `null` where the total is not known before the end. */
export interface Transfer {
  filesDone: number;
  files: number | null;
  bytesDone: number;
  bytes: number | null;
}

const FIRST_RATE_MS = 1_000;
const LINE_EVERY_MS = 10_000;
const REDRAWN_EVERY_MS = 200;

/** `1,204 of 10,625 files, 1.2 GB of 10 GB, 312 MB/s, 28 s left`. @param tookMs since the beginning */
export function transferText(transfer: Transfer, tookMs: number): string {
  const { filesDone, files, bytesDone, bytes: total } = transfer;
  const perMs = tookMs < FIRST_RATE_MS ? 0 : bytesDone / tookMs;
  return [
    `${count(filesDone)}${files === null ? '' : ` of ${count(files)}`} files`,
    `${bytes(bytesDone)}${total === null ? '' : ` of ${bytes(total)}`}`,
    ...(perMs === 0 ? [] : [`${bytes(perMs * 1_000)}/s`]),
    ...(perMs === 0 || total === null ? [] : [`${duration(Math.max(0, total - bytesDone) / perMs)} left`]),
  ].join(', ');
}

export const count = (number: number): string => number.toLocaleString('en');

/** Phases of work with totals of their own; the rate is of the present one. */
class Phase {
  #beganAt = performance.now();
  #last = 0;

  text(transfer: Transfer): string {
    if (transfer.filesDone < this.#last) this.#beganAt = performance.now();
    this.#last = transfer.filesDone;
    return transferText(transfer, performance.now() - this.#beganAt);
  }
}

/**
 * Runs long work while showing how far it is: redrawn where a person watches, otherwise a line every 10 s, to the errors'
 * side, so that results stay alone. `quiet` (--json): nothing.
 */
export async function withProgress<Result>(
  terminal: Terminal,
  { title, quiet }: { title: string; quiet: boolean },
  work: (onProgress: (transfer: Transfer) => void) => Promise<Result>,
): Promise<Result> {
  const phase = new Phase();
  if (quiet) return work(() => undefined);
  if (!terminal.isInteractive) {
    return work(every(LINE_EVERY_MS, (transfer) => terminal.err(`${title}: ${phase.text(transfer)}`)));
  }
  const done: { result?: Result } = {};
  const listr = new Listr(
    [
      {
        title,
        task: async (_: unknown, shown: { output: string }): Promise<void> => {
          const say = every(REDRAWN_EVERY_MS, (transfer) => void (shown.output = phase.text(transfer)), 0);
          done.result = await work(say);
        },
      },
    ],
    { rendererOptions: { timer: PRESET_TIMER } },
  );
  await listr.run();
  return done.result as Result;
}

function every(ms: number, say: (transfer: Transfer) => void, firstAfterMs = ms): (transfer: Transfer) => void {
  let next = performance.now() + firstAfterMs;
  return (transfer) => {
    const now = performance.now();
    if (now < next) return;
    next = now + ms;
    say(transfer);
  };
}
