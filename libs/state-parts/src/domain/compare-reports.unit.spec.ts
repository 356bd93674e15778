import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PartReport } from '../state-part.js';
import { compareReports } from './compare-reports.js';

const row = fc.record({ name: fc.constantFrom('a', 'b', 'c'), count: fc.nat(2), digest: fc.constantFrom('0', '1') });
const report = (part: string): fc.Arbitrary<PartReport> =>
  fc.record({
    part: fc.constant(part),
    kind: fc.constantFrom('sqlite', 'files'),
    tables: fc.uniqueArray(row, { selector: ({ name }) => name }),
    counts: fc.dictionary(fc.constantFrom('users', 'posts'), fc.nat(2), { noNullPrototype: true }),
  });
const reports = fc.tuple(report('one'), report('two')).chain((both) => fc.subarray(both));

describe('comparing reports', () => {
  test('equal ones do not differ, in whatever order they come, and different ones do', () => {
    const normal = (some: readonly PartReport[]) =>
      JSON.stringify(some.map(sortAll).sort((a, b) => (a.part < b.part ? -1 : 1)));
    fc.assert(
      fc.property(reports, reports, (before, after) => {
        expect(compareReports(before, before.toReversed().map(sortAll))).toEqual([]);
        expect(compareReports(before, after).length === 0).toBe(normal(before) === normal(after));
      }),
    );
  });

  test('the other way round it finds the same, the other way round', () => {
    fc.assert(
      fc.property(reports, reports, (before, after) => {
        const turned = compareReports(after, before).map((one) =>
          JSON.stringify([one.part, one.name, one.after, one.before]),
        );
        const found = compareReports(before, after).map((one) =>
          JSON.stringify([one.part, one.name, one.before, one.after]),
        );
        expect(found.sort()).toEqual(turned.sort());
      }),
    );
  });

  test('everything that differs is named, with what it was and what it is', () => {
    const part = { part: 'db', kind: 'postgres' } as const;
    const before = [
      {
        ...part,
        tables: [
          { name: 'a', count: 1, digest: 'x' },
          { name: 'b', count: 2, digest: 'y' },
        ],
        counts: { users: 1 },
      },
      { part: 'media', kind: 'files', tables: [], counts: {} },
    ] as const;
    const after = [
      {
        ...part,
        tables: [
          { name: 'a', count: 2, digest: 'z' },
          { name: 'c', count: 0, digest: '0' },
        ],
        counts: { users: 3, posts: 1 },
      },
    ];
    expect(compareReports(before, after)).toEqual([
      { part: 'db', name: 'table a', what: 'count', before: '1', after: '2' },
      { part: 'db', name: 'table a', what: 'digest', before: 'x', after: 'z' },
      { part: 'db', name: 'table b', what: 'missing', before: '2', after: null },
      { part: 'db', name: 'table c', what: 'unexpected', before: null, after: '0' },
      { part: 'db', name: 'count users', what: 'count', before: '1', after: '3' },
      { part: 'db', name: 'count posts', what: 'unexpected', before: null, after: '1' },
      { part: 'media', name: '', what: 'missing', before: 'files', after: null },
    ]);
  });
});

function sortAll(one: PartReport): PartReport {
  const counts = Object.fromEntries(Object.entries(one.counts).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { ...one, tables: [...one.tables].sort((a, b) => (a.name < b.name ? -1 : 1)), counts };
}
