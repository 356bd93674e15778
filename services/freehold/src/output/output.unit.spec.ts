import { describe, expect, it } from '@jest/globals';
import picocolors from 'picocolors';
import { bytes, duration, relative } from './durations.js';
import { historyLines } from './history-lines.js';
import { type ProcessShown, ProgressLines } from './process-progress.js';
import { narrowed, oneLine, table } from './table.js';
import type { Terminal } from './terminal.js';

const terminal = (width: number): Terminal => ({
  colours: picocolors.createColors(false),
  isInteractive: false,
  width,
  out: () => undefined,
  err: () => undefined,
});

describe('durations, times and sizes', () => {
  it.each([
    [40, '0.0 s'],
    [1_234, '1.2 s'],
    [9_960, '10 s'],
    [59_400, '59 s'],
    [185_000, '3 min 5 s'],
    [7_800_000, '2 h 10 min'],
    [86_400_000, '1 d'],
  ])('reads %d ms as %s', (milliseconds, said) => expect(duration(milliseconds)).toBe(said));

  it.each([
    ['2026-11-21T11:59:55Z', 'just now'],
    ['2026-11-21T11:55:00Z', '5 min ago'],
    ['2026-12-21T12:00:00Z', 'in 30 d'],
  ])('says when %s was', (instant, said) => expect(relative(instant, new Date('2026-11-21T12:00:00Z'))).toBe(said));

  it.each([
    [812, '812 B'],
    [4_200_000, '4.2 MB'],
    [32e9, '32 GB'],
  ])('reads %d bytes as %s', (count, said) => expect(bytes(count)).toBe(said));
});

describe('tables', () => {
  it('takes width from the widest column only', () => expect(narrowed([10, 60, 20], 70)).toEqual([10, 40, 20]));

  it('is never wider than the terminal', () => {
    type Row = Record<'id' | 'name', string>;
    const columns = (['id', 'name'] as const).map((title) => ({ title, value: (row: Row) => row[title] }));
    const lines = table([{ id: 'a'.repeat(36), name: 'n'.repeat(200) }], columns, terminal(60)).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(lines[1]).toContain('…');
  });

  it('lets nobody’s text steer the terminal', () => expect(oneLine('a\u001B[31mred\nb')).toBe('a [31mred b'));
});

describe('progress without a terminal', () => {
  const shown = (state: string, endedAt: string | null): ProcessShown =>
    ({
      recorded: {
        steps: [{ name: 'install-release', state, attempt: 1, startedAt: '2026-11-21T12:00:00Z', endedAt }].map(
          (step) => ({ ...step, notBefore: null, skipped: null }),
        ),
      },
    }) as ProcessShown;

  it('says each change once', () => {
    const lines = new ProgressLines();
    expect(lines.changed(shown('running', null), 0)).toEqual([]);
    expect(lines.changed(shown('awaiting', null), 0)).toEqual(['install release: is under way']);
    expect(lines.changed(shown('awaiting', null), 0)).toEqual([]);
    expect(lines.changed(shown('done', '2026-11-21T12:00:07Z'), 0)).toEqual(['install release: done (7.0 s)']);
  });
});

describe('what an agent does, without a terminal', () => {
  const recorded = { steps: [] as object[] } as ProcessShown['recorded'];
  const doing = (activity: string | null): ProcessShown => ({
    ...{ recorded, etag: 1, position: '1:1' },
    observed: { activity },
  });

  it('is said at once and then every 10 s, if it changed', () => {
    const lines = new ProgressLines();
    expect(lines.changed(doing(null), 0)).toEqual([]);
    expect(lines.changed(doing('round 1: 1 of 9 files'), 1_000)).toEqual(['  round 1: 1 of 9 files']);
    expect(lines.changed(doing('round 1: 2 of 9 files'), 2_000)).toEqual([]);
    expect(lines.changed(doing('round 1: 8 of 9 files'), 11_000)).toEqual(['  round 1: 8 of 9 files']);
    expect(lines.changed(doing('round 1: 8 of 9 files'), 30_000)).toEqual([]);
  });
});

describe('a history', () => {
  it('has a line per commit and per event, within the width', () => {
    const entry = {
      position: '1:14' as const,
      version: 1,
      time: '2026-11-21T12:28:36.107Z',
      actor: { kind: 'credential', id: '9b2555f8-eeb8-5a48-a3ee-eaecf5d12c4c' },
      command: { id: '9b2555f8-eeb8-5a48-a3ee-eaecf5d12c4c', name: 'accounts.register-operator' },
      cause: null,
      correlation: '9b2555f8-eeb8-5a48-a3ee-eaecf5d12c4c',
      events: [{ type: 'accounts.operator-registered.v1', data: { name: 'erased', contact: 'x'.repeat(300) } }],
    };
    const [commit, event] = historyLines([entry], terminal(80)).split('\n');
    expect(commit).toBe('1:14    2026-11-21 12:28:36.107  accounts.register-operator by credential 9b2555f8');
    expect(event).toMatch(/^ {8}operator-registered name: erased, contact: x+…$/);
    expect(event?.length).toBeLessThanOrEqual(80);
  });
});
