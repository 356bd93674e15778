import { beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Commit, Position } from '@freehold/kernel';
import { rawHistoryOf } from '../aggregate-walk.js';
import { encodeCommit } from '../commit-encoding.js';
import { BrokenChain, CommitInvalid, CommitTooLarge } from '../log.errors.js';
import type { Log } from '../log.port.js';
import { aggregateFilter, subjectOf } from '../subject.js';
import { newCounter } from './counter.fixture.js';

export const newCommit = (over: Partial<Commit> = {}): Commit => ({
  version: 1,
  previous: null,
  at: '2026-11-21T12:00:00.000Z',
  actor: { kind: 'system', id: 'test' },
  command: { id: randomUUID(), name: 'deployment.raise', digest: 'digest' },
  cause: null,
  correlation: randomUUID(),
  events: [{ type: 'deployment.raised.v1', data: { by: 1, nested: [{ kept: true }] } }],
  ...over,
});

/** Appends `count` first commits of as many aggregates; their positions. */
export async function fill(log: Log, count: number): Promise<Position[]> {
  const positions: Position[] = [];
  for (let index = 0; index < count; index += 1) {
    const outcome = await log.append(subjectOf(newCounter()), newCommit(), null);
    if (outcome.kind === 'stored') positions.push(outcome.stored.position);
  }
  return positions;
}

export async function take<Element>(source: AsyncIterable<Element>, count: number): Promise<Element[]> {
  const taken: Element[] = [];
  for await (const stored of source) {
    taken.push(stored);
    if (taken.length === count) break;
  }
  return taken;
}

/** What every log does: call it in a spec with a log that is open for as long as the tests run. */
export function describeLog(open: () => Log): void {
  let log: Log;
  beforeEach(() => {
    log = open();
  });
  describe('appending', () => appending(() => log));
  describe('reading', () => reading(() => log));
  describe('following', () => following(() => log));
}

function appending(log: () => Log): void {
  it('stores when the expectation holds, and otherwise says conflict', async () => {
    const subject = subjectOf(newCounter());
    const first = newCommit();
    const stored = await log().append(subject, first, null, { headers: { traceparent: '00-00-00-01' } });
    if (stored.kind !== 'stored') throw new Error('not stored');
    expect(stored.stored).toEqual({ position: await log().head(), subject, commit: first });
    expect(await log().append(subject, newCommit(), null)).toEqual({ kind: 'conflict' });
    const { position } = stored.stored;
    const second = newCommit({ version: 2, previous: position });
    expect(await log().append(subject, second, position)).toMatchObject({ kind: 'stored' });
    expect(await log().append(subject, second, position)).toEqual({ kind: 'conflict' });
    expect((await log().last(subject))?.commit).toEqual(second);
  });

  it('has one winner in each race', async () => {
    for (let race = 0; race < 10; race += 1) {
      const subject = subjectOf(newCounter());
      const outcomes = await Promise.all(Array.from({ length: 8 }, () => log().append(subject, newCommit(), null)));
      expect(outcomes.filter(({ kind }) => kind === 'stored')).toHaveLength(1);
    }
  });

  it('refuses before sending what is too large or no commit', async () => {
    const subject = subjectOf(newCounter());
    const large = newCommit({ events: [{ type: 'deployment.raised.v1', data: { text: 'x'.repeat(61_440) } }] });
    await expect(log().append(subject, large, null)).rejects.toBeInstanceOf(CommitTooLarge);
    await expect(log().append(subject, newCommit({ events: [] }), null)).rejects.toBeInstanceOf(CommitInvalid);
    expect(await log().last(subject, { confirmed: true })).toBeNull();
  });

  it('takes a commit just below the limit', async () => {
    const commit = newCommit({ events: [{ type: 'deployment.raised.v1', data: { text: 'x'.repeat(60_900) } }] });
    const subject = subjectOf(newCounter());
    await log().append(subject, commit, null);
    expect((await log().last(subject, { confirmed: true }))?.commit).toEqual(commit);
  });
}

function reading(log: () => Log): void {
  it('answers the same commit however it is asked', async () => {
    const subject = subjectOf(newCounter());
    const before = BigInt(Date.now() - 60_000) * 1_000_000n;
    const commit = newCommit();
    const start = await log().head();
    await log().append(subject, commit, null);
    const head = await log().head();
    const confirmed = await log().last(subject, { confirmed: true });
    expect(confirmed).toMatchObject({ position: head, subject, commit });
    expect(BigInt(confirmed?.time ?? '')).toBeGreaterThan(before);
    expect(await log().last(subject)).toEqual(confirmed);
    expect(await log().read(head)).toEqual(confirmed);
    expect(await take(log().range(start, head), 1)).toEqual([confirmed]);
    const { signal } = new AbortController();
    expect(await take(log().follow(start, { signal }), 1)).toEqual([confirmed]);
  });

  it('counts the commits of a subject', async () => {
    const [subject, other] = [subjectOf(newCounter()), subjectOf(newCounter())];
    expect(await log().count(subject)).toBe(0);
    await log().append(subject, newCommit(), null);
    const position = await log().head();
    await log().append(other, newCommit(), null);
    await log().append(subject, newCommit({ version: 2, previous: position }), position);
    expect([await log().count(subject), await log().count(other)]).toEqual([2, 1]);
    for (const all of [null, Promise.resolve(null)]) expect(await log().count(subject, all)).toBe(2);
    expect(await log().count(subject, Promise.resolve('99:1'))).toBe(0);
    expect(await log().count(subject, '99:1')).toBe(0);
  });

  it('answers the bytes that are stored, with the place and the time of the commit that is read from them', async () => {
    const after = await log().head();
    const [first] = await fill(log(), 3);
    const raw = await take(log().rangeRaw(after, await log().head()), 3);
    expect(raw.map(({ body }) => Buffer.from(body).toString())).toEqual(
      (await take(log().range(after, await log().head()), 3)).map(({ commit }) => JSON.stringify(commit)),
    );
    const { commit, ...placed } = (await log().read(first!))!;
    expect(raw[0]).toEqual({ ...placed, body: Buffer.from(encodeCommit(commit)) });
    const { signal } = new AbortController();
    expect(await take(log().followRaw(after, { signal }), 3)).toEqual(raw);
    expect(await take(log().rangeRaw(first!, first!), 1)).toEqual([]);
    expect((await Array.fromAsync(log().rangeBatches(after, raw[2]!.position))).flat()).toEqual(raw);
    expect(await log().readRaw(first!)).toEqual(raw[0]);
    expect(await log().readRaw('1:999999999')).toBeNull();
  });

  it('gives out the bytes of an aggregate, newest first, from any of its commits on', async () => {
    const name = newCounter();
    const positions: Position[] = [];
    for (const version of [1, 2, 3]) {
      const previous = positions.at(-1) ?? null;
      await log().append(subjectOf(name), newCommit({ version, previous }), previous);
      positions.push(await log().head());
      await fill(log(), 2);
    }
    const found = await Array.fromAsync(rawHistoryOf(log(), name, null));
    expect(found).toEqual(await Promise.all(positions.toReversed().map((position) => log().readRaw(position))));
    const [, before] = await Array.fromAsync(rawHistoryOf(log(), name, positions[1]!));
    expect(before?.position).toBe(positions[0]);
    expect(await Array.fromAsync(rawHistoryOf(log(), newCounter(), null))).toEqual([]);
    await expect(Array.fromAsync(rawHistoryOf(log(), newCounter(), positions[1]!))).rejects.toBeInstanceOf(BrokenChain);
  });

  it('knows what is not there', async () => {
    expect(await log().last(subjectOf(newCounter()))).toBeNull();
    expect(await log().last(subjectOf(newCounter()), { confirmed: true })).toBeNull();
    expect(await log().read('1:0')).toBeNull();
    expect(await log().read('1:999999999')).toBeNull();
    expect(await log().read('99:1')).toBeNull();
  });

  it('reads a range, and not beyond the head', async () => {
    const after = await log().head();
    const positions = await fill(log(), 5);
    const places = async (from: Position, to: Position): Promise<Position[]> => {
      const found: Position[] = [];
      for await (const { position } of log().range(from, to)) found.push(position);
      return found;
    };
    expect(await places(after, positions[2]!)).toEqual(positions.slice(0, 3));
    expect(await places(positions[0]!, '99:999999999')).toEqual(positions.slice(1));
    expect(await places(positions[4]!, positions[4]!)).toEqual([]);
  });
}

function following(log: () => Log): void {
  it('gives what was there and what comes, in order, until it is aborted', async () => {
    const after = await log().head();
    const stop = new AbortController();
    const seen: Position[] = [];
    const following = (async () => {
      for await (const { position } of log().follow(after, { signal: stop.signal })) {
        seen.push(position);
        if (seen.length === 40) stop.abort();
      }
    })();
    const positions = await fill(log(), 40);
    await following;
    expect(seen).toEqual(positions);
  });

  it('ends at once when it is aborted while nothing comes', async () => {
    const stop = new AbortController();
    const source = log()
      .follow(await log().head(), { signal: stop.signal })
      [Symbol.asyncIterator]();
    const next = source.next();
    stop.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it('keeps to its filter', async () => {
    const after = await log().head();
    const name = newCounter();
    await fill(log(), 3);
    await log().append(subjectOf({ ...name, aggregate: 'other' }), newCommit(), null);
    await fill(log(), 1);
    const { signal } = new AbortController();
    const filter = aggregateFilter('deployment', 'other');
    const found = await take(log().follow(after, { signal, filter }), 1);
    expect(found.map(({ subject }) => subject)).toEqual([subjectOf({ ...name, aggregate: 'other' })]);
    const [raw] = await take(log().followRaw(after, { signal, filter }), 1);
    expect(raw?.position).toBe(found[0]?.position);
    expect(await Array.fromAsync(log().range(after, await log().head(), { filter }))).toEqual(found);
  });
}
