import { FRESH, type RowSums } from './postgres-digest.js';

interface Sums {
  readonly counts: Float64Array;
  /** Two of each bucket. */
  readonly sums: BigUint64Array;
}

/** Rows and digests of each bucket of each table, 24 octets a bucket; of FRESH rows their number only. */
export class BucketSums {
  readonly #tables = new Map<string, Sums>();
  readonly #fresh = new Map<string, number>();

  /** @param buckets of each table; one that is not named has a single one */
  constructor(buckets: ReadonlyMap<string, number>) {
    for (const [title, size] of buckets) this.add(title, size);
  }

  add(title: string, buckets: number): Sums {
    const table = { counts: new Float64Array(buckets), sums: new BigUint64Array(2 * buckets) };
    this.#tables.set(title, table);
    return table;
  }

  readonly told = (title: string, bucket: number, { count, sums: [first, second] }: RowSums): void => {
    if (bucket === FRESH) return void this.#fresh.set(title, this.fresh(title) + count);
    const { counts, sums } = this.#tables.get(title) ?? this.add(title, 1);
    counts[bucket] = (counts[bucket] ?? 0) + count;
    sums[2 * bucket] = (sums[2 * bucket] ?? 0n) + first; // modulo 2^64
    sums[2 * bucket + 1] = (sums[2 * bucket + 1] ?? 0n) + second;
  };

  titles(): string[] {
    return [...this.#tables.keys()];
  }

  size(title: string): number {
    return this.#tables.get(title)?.counts.length ?? 1;
  }

  fresh(title: string): number {
    return this.#fresh.get(title) ?? 0;
  }

  count(title: string, bucket: number): number {
    return this.#tables.get(title)?.counts[bucket] ?? 0;
  }

  /** Buckets of a table that are not the same in both, which have as many. */
  changed(title: string, then: BucketSums): number[] {
    const [here, there] = [this.#tables.get(title), then.#tables.get(title)];
    const found: number[] = [];
    for (let bucket = 0; bucket < this.size(title); bucket += 1) {
      const isSame = [2 * bucket, 2 * bucket + 1].every((at) => (here?.sums[at] ?? 0n) === (there?.sums[at] ?? 0n));
      if (!isSame || this.count(title, bucket) !== then.count(title, bucket)) found.push(bucket);
    }
    return found;
  }

  /** `<bucket> <rows> <sum> <sum>`, of those that have rows. */
  lines(title: string): string {
    const lines: string[] = [];
    for (let bucket = 0; bucket < this.size(title); bucket += 1) {
      const count = this.count(title, bucket);
      const sums = this.#tables.get(title)?.sums.subarray(2 * bucket, 2 * bucket + 2) ?? [];
      if (count > 0) lines.push(`${bucket} ${count} ${sums.join(' ')}\n`);
    }
    return lines.join('');
  }

  read(title: string, line: string): void {
    const [bucket, count, first = '0', second = '0'] = line.split(' ');
    this.told(title, Number(bucket), { count: Number(count), sums: [BigInt(first), BigInt(second)] });
  }
}
