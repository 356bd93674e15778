/** Several measurements of one thing, in milliseconds or bytes. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: readonly number[];
}

export function spreadOf(rounds: readonly number[]): Spread {
  const sorted = [...rounds].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN, rounds };
}

const COLUMNS = [34, 10, 10, 10] as const;

/** A line of a table: name, median, min, max. */
export function lineOf(name: string, { median, min, max }: Spread, unit: (value: number) => string): string {
  return [name, unit(median), unit(min), unit(max)]
    .map((cell, n) => (n === 0 ? cell.padEnd(COLUMNS[0]) : cell.padStart(COLUMNS[n] ?? 10)))
    .join('');
}

export const HEADING = ['', 'median', 'min', 'max']
  .map((cell, n) => (n === 0 ? cell.padEnd(COLUMNS[0]) : cell.padStart(COLUMNS[n] ?? 10)))
  .join('');

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
