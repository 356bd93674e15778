import type { PartReport } from '../state-part.js';

/** `name`: the table (`table x`), the declared count (`count x`), or '' for the part itself. Values are counts or digests. */
export interface Difference {
  readonly part: string;
  readonly name: string;
  readonly what: 'count' | 'digest' | 'missing' | 'unexpected';
  readonly before: string | null;
  readonly after: string | null;
}

/** Everything that differs, in the order of `before`; what only `after` has comes last. None: equal. */
export function compareReports(before: readonly PartReport[], after: readonly PartReport[]): Difference[] {
  return onBothSides(before, after, ({ part }) => part).flatMap(([part, left, right]) => {
    if (left === undefined || right === undefined || left.kind !== right.kind) {
      return [oneSided(part, '', left?.kind, right?.kind)];
    }
    return [...compareTables(left, right), ...compareCounts(left, right)];
  });
}

function compareTables(before: PartReport, after: PartReport): Difference[] {
  return onBothSides(before.tables, after.tables, ({ name }) => name).flatMap(([name, left, right]): Difference[] => {
    const at = { part: before.part, name: name === '' ? '' : `table ${name}` };
    if (left === undefined || right === undefined) {
      return [oneSided(at.part, at.name, left?.count, right?.count)];
    }
    const counts: Difference[] =
      left.count === right.count
        ? []
        : [{ ...at, what: 'count', before: String(left.count), after: String(right.count) }];
    if (left.digest === right.digest) return counts;
    return [...counts, { ...at, what: 'digest', before: left.digest, after: right.digest }];
  });
}

function compareCounts(before: PartReport, after: PartReport): Difference[] {
  const both = onBothSides(Object.entries(before.counts), Object.entries(after.counts), ([name]) => name);
  return both.flatMap(([name, left, right]): Difference[] => {
    if (left === undefined || right === undefined) {
      return [oneSided(before.part, `count ${name}`, left?.[1], right?.[1])];
    }
    if (left[1] === right[1]) return [];
    const values = { before: String(left[1]), after: String(right[1]) };
    return [{ part: before.part, name: `count ${name}`, what: 'count', ...values }];
  });
}

function oneSided(part: string, name: string, before?: number | string, after?: number | string): Difference {
  const values = {
    before: before === undefined ? null : String(before),
    after: after === undefined ? null : String(after),
  };
  return { part, name, what: before === undefined ? 'unexpected' : 'missing', ...values };
}

function onBothSides<T>(before: readonly T[], after: readonly T[], keyOf: (one: T) => string) {
  const [left, right] = [before, after].map((side) => new Map(side.map((one) => [keyOf(one), one] as const)));
  const keys = [...new Set([...(left?.keys() ?? []), ...(right?.keys() ?? [])])];
  return keys.map((key) => [key, left?.get(key), right?.get(key)] as const);
}
