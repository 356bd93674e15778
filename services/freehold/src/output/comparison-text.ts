import type { Comparison } from '@freehold/portability-contract';
import { table } from './table.js';
import type { Terminal } from './terminal.js';

type Json = Comparison['identity']['before'];
type Difference = Comparison['differences'][number];

/** What arrived beside what the source had: a row a table (or files of a part), then what the world knows it by. */
export function comparisonText(comparison: Comparison, terminal: Terminal): string {
  const identity = identityRows(comparison.identity);
  return [
    table(
      contentRows(comparison),
      [
        { title: 'part', value: ({ part }) => part },
        { title: 'table', value: ({ name }) => name },
        { title: 'count', value: ({ count }) => count },
        { title: 'equal', value: ({ equal }) => equal },
      ],
      terminal,
    ),
    ...(identity.length === 0
      ? []
      : [
          '',
          table(
            identity,
            [
              { title: 'identity', value: ({ field }) => field },
              { title: 'value', value: ({ value }) => value },
              { title: 'equal', value: ({ equal }) => equal },
            ],
            terminal,
          ),
        ]),
  ].join('\n');
}

/** What was counted here, and what the source had and this side has not. Empty tables that are equal are one row a part. */
export function contentRows({ parts, differences }: Pick<Comparison, 'parts' | 'differences'>) {
  const key = ({ part, name }: { part: string; name: string }) => JSON.stringify([part, name.replace(/^table /, '')]);
  const differing = Map.groupBy(differences, key);
  const here = new Set(parts.map(key));
  const elsewhere = [...differing].filter(([place]) => !here.has(place)).map(([, [first]]) => first);
  const isFolded = (each: (typeof parts)[number]) => each.count === 0 && each.name !== '' && !differing.has(key(each));
  const folded = Map.groupBy(parts.filter(isFolded), ({ part }) => part);
  return [
    ...parts
      .filter((each) => !isFolded(each))
      .map((each) => ({ ...each, count: grouped(each.count), equal: equalSaid(differing.get(key(each))) })),
    ...[...folded].map(([part, { length }]) => ({ part, name: `${length} empty ones`, count: '0', equal: 'yes' })),
    ...elsewhere
      .filter((each) => each !== undefined)
      .map((each) => ({ part: each.part, name: each.name, count: '', equal: equalSaid(differing.get(key(each))) })),
  ];
}

const equalSaid = (differences: readonly Difference[] = []): string =>
  differences.length === 0
    ? 'yes'
    : `NO: ${differences.map(({ what, before, after }) => `${what} ${before ?? 'none'} → ${after ?? 'none'}`).join(', ')}`;

const grouped = (count: number): string => count.toLocaleString('en');

/** Leaves of both documents, in the source's order. */
export function identityRows({ before, after, checked }: Comparison['identity']) {
  const [there, here] = [new Map(leaves(before, '')), new Map(leaves(after, ''))];
  return [...new Set([...there.keys(), ...here.keys()])].map((field) => {
    const [was, is] = [there.get(field), here.get(field)];
    if (checked === false) return { field, value: was ?? '', equal: 'not asked: it could not be closed' };
    return was === is
      ? { field, value: is ?? '', equal: 'yes' }
      : { field, value: `${was ?? 'none'} → ${is ?? 'none'}`, equal: 'NO' };
  });
}

function leaves(value: Json, path: string): [field: string, value: string][] {
  if (value === null) return path === '' ? [] : [[path, 'null']];
  if (typeof value !== 'object') return [[path, String(value)]];
  return Object.entries(value).flatMap(([name, each]) => leaves(each, path === '' ? name : `${path}.${name}`));
}
