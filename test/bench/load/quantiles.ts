/** Of several times, in milliseconds: half are below p50, 99 of 100 below p99. */
export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

export function quantilesOf(times: readonly number[]): Quantiles {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (part: number): number => sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

/** One after the other. */
export async function timeEach(
  indexes: Iterable<number>,
  work: (index: number) => Promise<unknown>,
): Promise<Quantiles> {
  const times: number[] = [];
  for (const index of indexes) {
    const from = performance.now();
    await work(index);
    times.push(performance.now() - from);
  }
  return quantilesOf(times);
}
