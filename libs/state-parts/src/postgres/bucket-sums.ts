import type { RowSums } from './postgres-digest.js';

interface Sums {
  readonly counts: Float64Array;
  /** Three of each bucket: two of its rows, one of their keys. */
  readonly sums: BigUint64Array;
}

/** Which of three sums. */
const CONTENT = [0, 1];
const KEYS = 2;

/** Rows and digests of each bucket of each table, 32 octets a bucket; of fresh rows as many beside them. */
export class BucketSums {
  readonly #tables = new Map<string, Sums>();
  readonly #fresh = new Map<string, Sums>();

  /** @param buckets of each table; one that is not named has a single one */
  constructor(buckets: ReadonlyMap<string, number>) {
    for (const [title, size] of buckets) this.add(title, size);
  }

  add(title: string, buckets: number): Sums {
    const table = sumsOf(buckets);
    this.#tables.set(title, table);
    return table;
  }

  readonly told = (title: string, bucket: number, { count, sums: [first, second], keys }: RowSums): void => {
    const old = this.#tables.get(title) ?? this.add(title, 1);
    const isFresh = bucket < 0;
    const { counts, sums } = isFresh ? this.#freshOf(title, old) : old;
    const at = isFresh ? -1 - bucket : bucket;
    counts[at] = (counts[at] ?? 0) + count;
    sums[3 * at] = (sums[3 * at] ?? 0n) + first; // modulo 2^64
    sums[3 * at + 1] = (sums[3 * at + 1] ?? 0n) + second;
    sums[3 * at + 2] = (sums[3 * at + 2] ?? 0n) + keys;
  };

  /** Of each table its title and its total as a line. */
  totals(): [title: string, line: string][] {
    return this.titles().map((title) => {
      const { count, sums, keys } = this.total(title);
      return [title, [0, count, ...sums, keys].join(' ')];
    });
  }

  /** A bucket a table. */
  static ofTotals(totals: readonly (readonly [title: string, line: string])[]): BucketSums {
    const found = new BucketSums(new Map(totals.map(([title]) => [title, 1])));
    for (const [title, line] of totals) found.read(title, line);
    return found;
  }

  titles(): string[] {
    return [...this.#tables.keys()];
  }

  size(title: string): number {
    return this.#tables.get(title)?.counts.length ?? 1;
  }

  /** All that was told of a table. */
  all(title: string): RowSums {
    const [old, fresh] = [this.total(title), this.fresh(title)];
    const add = (a: bigint, b: bigint) => BigInt.asUintN(64, a + b);
    return {
      count: old.count + fresh.count,
      sums: [add(old.sums[0], fresh.sums[0]), add(old.sums[1], fresh.sums[1])],
      keys: add(old.keys, fresh.keys),
    };
  }

  /** But of fresh rows. */
  total(title: string): RowSums {
    return totalOf(this.#tables.get(title));
  }

  /** Of fresh ones only. */
  fresh(title: string): RowSums {
    return totalOf(this.#fresh.get(title));
  }

  /** Buckets of a table that are not the same in both, which have as many: rows of `then` have changed or gone. */
  changed(title: string, then: BucketSums, by: 'content' | 'keys'): number[] {
    const [here, there] = [this.#tables.get(title), then.#tables.get(title)];
    const compared = by === 'content' ? CONTENT : [KEYS];
    return this.#bucketsWhere(title, (bucket) => {
      const isSame = compared.every((n) => sumIn(here, bucket, n) === sumIn(there, bucket, n));
      return !isSame || countIn(here, bucket) !== countIn(there, bucket);
    });
  }

  /** Those among `changed` that have not the same keys as then: rows have gone, not only changed. */
  gone(title: string, then: BucketSums, changed: readonly number[]): number[] {
    const [here, fresh, there] = [this.#tables.get(title), this.#fresh.get(title), then.#tables.get(title)];
    return changed.filter((bucket) => {
      const keys = BigInt.asUintN(64, sumIn(here, bucket, KEYS) + sumIn(fresh, bucket, KEYS));
      return (
        keys !== sumIn(there, bucket, KEYS) || countIn(here, bucket) + countIn(fresh, bucket) !== countIn(there, bucket)
      );
    });
  }

  /** `<bucket> <rows> <sum> <sum> <sum of keys>`, of those that have rows. */
  lines(title: string): string {
    const table = this.#tables.get(title);
    const used = this.#bucketsWhere(title, (bucket) => countIn(table, bucket) > 0);
    const line = (bucket: number) => [
      bucket,
      countIn(table, bucket),
      ...[...CONTENT, KEYS].map((n) => sumIn(table, bucket, n)),
    ];
    return used.map((bucket) => `${line(bucket).join(' ')}\n`).join('');
  }

  read(title: string, line: string): void {
    const [bucket, count, first = '0', second = '0', keys = '0'] = line.split(' ');
    this.told(title, Number(bucket), {
      ...{ count: Number(count), sums: [BigInt(first), BigInt(second)], keys: BigInt(keys) },
    });
  }

  #freshOf(title: string, { counts }: Sums): Sums {
    const fresh = this.#fresh.get(title) ?? sumsOf(counts.length);
    this.#fresh.set(title, fresh);
    return fresh;
  }

  #bucketsWhere(title: string, isMeant: (bucket: number) => boolean): number[] {
    const found: number[] = [];
    for (let bucket = 0; bucket < this.size(title); bucket += 1) if (isMeant(bucket)) found.push(bucket);
    return found;
  }
}

const sumsOf = (buckets: number): Sums => ({
  counts: new Float64Array(buckets),
  sums: new BigUint64Array(3 * buckets),
});

function totalOf(table: Sums | undefined): RowSums {
  const total = [0n, 0n, 0n];
  for (const [at, sum] of (table?.sums ?? []).entries()) total[at % 3] = (total[at % 3] ?? 0n) + sum;
  const [first, second, keys] = total.map((sum) => BigInt.asUintN(64, sum));
  const count = table?.counts.reduce((sum, one) => sum + one, 0) ?? 0;
  return { count, sums: [first ?? 0n, second ?? 0n], keys: keys ?? 0n };
}

const countIn = (table: Sums | undefined, bucket: number): number => table?.counts[bucket] ?? 0;
const sumIn = (table: Sums | undefined, bucket: number, n: number): bigint => table?.sums[3 * bucket + n] ?? 0n;
