import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LawClock } from '../laws/law-clock.js';
import { ProcessBookmark } from './tracked-process.js';
import { WakeHeap } from './wake-heap.js';

const DAY_MS = 86_400_000;

describe('the heap of timers', () => {
  it('wakes each key once, at the last time that it was given, in order', () => {
    const sets = fc.array(fc.record({ key: fc.constantFrom(...'abcdefgh'), inDays: fc.integer({ min: 0, max: 90 }) }));
    fc.assert(
      fc.property(sets, (given) => {
        const clock = new LawClock();
        const start = clock.now().getTime();
        const woken: { key: string; inDays: number }[] = [];
        const heap = new WakeHeap(clock, (key) =>
          woken.push({ key, inDays: (clock.now().getTime() - start) / DAY_MS }),
        );
        const last = new Map<string, number>();
        for (const { key, inDays } of given) {
          heap.set(key, start + inDays * DAY_MS);
          last.set(key, inDays);
        }
        while (clock.advance());
        const byKey = (entries: typeof woken) => entries.toSorted((a, b) => a.key.localeCompare(b.key));
        expect(byKey(woken)).toEqual(byKey([...last].map(([key, inDays]) => ({ key, inDays }))));
        expect(woken.map(({ inDays }) => inDays)).toEqual(woken.map(({ inDays }) => inDays).toSorted((a, b) => a - b));
      }),
    );
  });

  it('never asks the clock for more than it can', () => {
    const asked: number[] = [];
    const clock = { now: () => new Date(0), after: (ms: number) => (asked.push(ms), () => undefined) };
    new WakeHeap(clock, () => undefined).set('a', 30 * DAY_MS);
    expect(asked).toEqual([DAY_MS]);
  });

  it('forgets a key', () => {
    const clock = new LawClock();
    const woken: string[] = [];
    const heap = new WakeHeap(clock, (key) => woken.push(key));
    heap.set('a', 5);
    heap.set('b', 6);
    heap.delete('a');
    while (clock.advance());
    expect(woken).toEqual(['b']);
  });
});

describe('the bookmark', () => {
  it('stands before the first commit of every unfinished process', () => {
    const bookmark = new ProcessBookmark();
    expect(bookmark.safe()).toBeNull();
    bookmark.passed('1:4');
    bookmark.began('a', '1:4');
    bookmark.passed('1:7');
    bookmark.began('b', '1:7');
    bookmark.passed('1:9');
    expect(bookmark.safe()).toBe('1:3');
    bookmark.ended('a');
    expect(bookmark.safe()).toBe('1:6');
    bookmark.ended('b');
    expect(bookmark.safe()).toBe('1:9');
  });
});
