import picocolors from 'picocolors';
import type { Surroundings } from '../freehold.config.js';

/** Where a command writes: results to `out`, everything else to `err`. */
export interface Terminal {
  readonly colours: ReturnType<typeof picocolors.createColors>;
  /** Results may be redrawn: a person watches. */
  readonly isInteractive: boolean;
  /** Columns. */
  readonly width: number;
  out(line: string): void;
  err(line: string): void;
}

const NARROWEST = 40;

export function openTerminal({ noColour }: Pick<Surroundings, 'noColour'>): Terminal {
  const { stdout, stderr } = process;
  return {
    colours: picocolors.createColors(stdout.isTTY && !noColour),
    isInteractive: stdout.isTTY,
    width: Math.max(NARROWEST, stdout.isTTY ? stdout.columns : 200),
    out: (line) => void stdout.write(`${line}\n`),
    err: (line) => void stderr.write(`${line}\n`),
  };
}
