import type { HistoryEntry, JsonPatch, Position } from '@freehold/kernel';
import { historyLines } from './history-lines.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';

interface Shown {
  recorded: object;
  position: Position;
}

/** A difference of two moments as the API answers it, of whatever resource. */
export interface Told {
  from: Position;
  to: Position;
  was: Shown | null;
  is: Shown | null;
  patch: JsonPatch;
  commits: readonly HistoryEntry[];
  next: Position | null;
}

/** What was, what is, and which commits made it so. */
export function differenceText(told: Told, terminal: Terminal): string {
  const { from, to, commits, next } = told;
  const { dim } = terminal.colours;
  return [
    dim(`from ${from} to ${to}`),
    comparedText(told, terminal),
    ...(commits.length === 0 ? [] : ['', dim('by these commits, newest first:'), historyLines(commits, terminal)]),
    ...(next === null ? [] : [`Older: add --before ${next}`]),
  ].join('\n');
}

function comparedText({ was, is, patch }: Told, terminal: Terminal): string {
  if (was === null && is === null) return 'There was none at either moment.';
  const fields = changedFields(was?.recorded ?? {}, is?.recorded ?? {}, patch);
  if (fields.length === 0) return 'Nothing is recorded otherwise.';
  const compared = table(
    fields,
    [
      { title: 'what', value: ({ field }) => field },
      { title: 'was', value: (each) => shownValue(each.was) },
      { title: 'is', value: (each) => shownValue(each.is) },
    ],
    terminal,
  );
  return [...(was === null ? ['It came.'] : []), ...(is === null ? ['It went.'] : []), compared].join('\n');
}

interface Changed {
  field: string;
  was: unknown;
  is: unknown;
}

/** A line for each change; what came or went as a whole has a line for each of its fields that says something. */
export function changedFields(was: object, is: object, patch: JsonPatch): Changed[] {
  const fields = patch.flatMap((each): Changed[] => {
    if (each.path === '') {
      const names = new Set([...Object.keys(was), ...Object.keys(is)]);
      return [...names].map((name) => ({ field: name, was: valueAt(was, [name]), is: valueAt(is, [name]) }));
    }
    const keys = keysOf(each.path);
    const old = each.op === 'add' ? undefined : valueAt(was, keys);
    return [{ field: keys.join(' '), was: old, is: each.op === 'remove' ? undefined : each.value }];
  });
  return fields.filter((field) => (field.was ?? field.is ?? null) !== null);
}

/** RFC 6901. */
const keysOf = (path: string): string[] =>
  path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));

const valueAt = (document: unknown, keys: readonly string[]): unknown =>
  keys.reduce<unknown>((value, key) => new Map(Object.entries(Object(value))).get(key), document);

export const shownValue = (value: unknown): string =>
  value === undefined || value === null ? '–' : typeof value === 'string' ? value : JSON.stringify(value);
