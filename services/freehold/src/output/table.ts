import Table from 'cli-table3';
import type { Terminal } from './terminal.js';

export interface Column<Row> {
  title: string;
  value(row: Row): string;
}

const GAP = 2;
const NARROWEST = 6;
const PLAIN = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '' },
};

/** Rows below headings, without lines, never wider than the terminal: the widest columns give way. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], terminal: Terminal): string {
  const cells = rows.map((row) => columns.map(({ value }) => oneLine(value(row))));
  const natural = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((line) => line[index]?.length ?? 0)),
  );
  const widths = narrowed(natural, terminal.width - GAP * columns.length);
  const made = new Table({
    head: columns.map(({ title }) => terminal.colours.bold(title)),
    chars: PLAIN,
    colWidths: widths.map((width) => width + GAP),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP, compact: true },
  });
  made.push(...cells);
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Takes from the widest column until all fit. */
export function narrowed(widths: readonly number[], available: number): number[] {
  const fitted = [...widths];
  let excess = fitted.reduce((sum, width) => sum + width, 0) - available;
  while (excess > 0) {
    const widest = fitted.indexOf(Math.max(...fitted));
    const width = fitted[widest] ?? 0;
    if (width <= NARROWEST) break;
    fitted[widest] = width - 1;
    excess -= 1;
  }
  return fitted;
}

/** Control characters of others' texts do not reach the terminal. */
export const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ').trim();

/** Names and values below each other. */
export function properties(pairs: readonly (readonly [string, string])[], { colours }: Terminal): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${colours.dim(name.padEnd(width))}  ${oneLine(value)}`).join('\n');
}
