import { describe, expect, it, jest } from '@jest/globals';
import type { Position } from '@freehold/kernel';
import { followedTogether } from './followed-together.js';
import { LogUnavailable } from './log.errors.js';
import type { Log } from './log.port.js';
import { memoryLog, type MemoryLogOptions } from './memory.log.js';
import { aggregateFilter, subjectOf } from './subject.js';
import { newCounter } from './testing/counter.fixture.js';
import { describeLog, fill, newCommit, take } from './testing/log.conformance.js';

describe('a log that is followed together', () => {
  const inner = memoryLog();
  const log = followedTogether()(inner);
  describeLog(() => log);
});

/** A log of which can be told where it was begun to be followed, and with what filter. */
function watched(options: MemoryLogOptions = {}): {
  inner: Log;
  begun: { after: Position; filter: string | undefined }[];
} {
  const inner = memoryLog(options);
  const begun: { after: Position; filter: string | undefined }[] = [];
  const followRaw: Log['followRaw'] = (after, options) => {
    begun.push({ after, filter: options.filter });
    return inner.followRaw(after, options);
  };
  return { inner: { ...inner, followRaw }, begun };
}

const positionsOf = async (log: Log, after: Position, count: number, filter?: string): Promise<Position[]> => {
  const { signal } = new AbortController();
  const options = { signal, ...(filter === undefined ? {} : { filter }) };
  return (await take(log.follow(after, options), count)).map(({ position }) => position);
};

it('reads once what many follow, and parses it once', async () => {
  const { inner, begun } = watched();
  const log = followedTogether()(inner);
  const positions = await fill(inner, 100);
  const parse = jest.spyOn(JSON, 'parse');
  const followed = await Promise.all(Array.from({ length: 10 }, () => positionsOf(log, '1:0', 100)));
  expect(parse).toHaveBeenCalledTimes(100);
  parse.mockRestore();
  for (const each of followed) expect(each).toEqual(positions);
  expect(begun).toEqual([{ after: '1:0', filter: undefined }]);
});

it('lets those read together who begin at almost the same place', async () => {
  const { inner, begun } = watched();
  const log = followedTogether()(inner);
  const positions = await fill(inner, 3_000);
  const [first, behind] = [positions.slice(20), positions.slice(10)];
  const followed = [positionsOf(log, positions[19]!, first.length), positionsOf(log, positions[9]!, behind.length)];
  expect(await Promise.all(followed)).toEqual([first, behind]);
  // What the second one missed, and then no more.
  expect(begun).toEqual([
    { after: positions[19], filter: undefined },
    { after: positions[9], filter: undefined },
  ]);
});

it('goes on together over the end of a volume', async () => {
  const { inner, begun } = watched({ commitsPerVolume: 10 });
  const log = followedTogether()(inner);
  const positions = await fill(inner, 35);
  const rest = (from: number) => positionsOf(log, positions[from]!, positions.length - 1 - from);
  expect(await Promise.all([rest(9), rest(14), rest(34 - 10)])).toEqual([
    positions.slice(10),
    positions.slice(15),
    positions.slice(25),
  ]);
  expect(begun).toEqual([{ after: '1:10', filter: undefined }]);
});

it('gives each what follows its own place', async () => {
  const { inner } = watched();
  const log = followedTogether()(inner);
  const positions = await fill(inner, 60);
  const starts = [0, 59, 30, 10, 50];
  const rest = (from: number) => positionsOf(log, positions[from]!, positions.length + 1 - from);
  const followed = Promise.all(starts.map(rest));
  positions.push(...(await fill(inner, 2)));
  expect(await followed).toEqual(starts.map((from) => positions.slice(from + 1)));
});

it('holds nobody up for long when one does not go on, who gets all the same what it missed', async () => {
  const { inner, begun } = watched();
  const log = followedTogether()(inner);
  const { signal } = new AbortController();
  const slow = log.follow('1:0', { signal })[Symbol.asyncIterator]();
  const positions = await fill(inner, 3_000);
  const first = await slow.next();
  expect(await positionsOf(log, '1:0', 3_000)).toEqual(positions);
  const others = await take({ [Symbol.asyncIterator]: () => slow }, 2_999);
  expect([first.value, ...others].map((each) => each?.position)).toEqual(positions);
  expect(begun.length).toBeGreaterThan(1);
});

it('lets a filter be the server’s for whoever looks for little and was away for long', async () => {
  const { inner, begun } = watched();
  const log = followedTogether()(inner);
  const filter = aggregateFilter('deployment', 'other');
  await fill(inner, 2_100);
  const subject = subjectOf({ ...newCounter(), aggregate: 'other' });
  await inner.append(subject, newCommit(), null);
  const head = await inner.head();
  const all = positionsOf(log, head, 1);
  expect(await positionsOf(log, '1:3', 1, filter)).toEqual([head]);
  expect(begun).toEqual([
    { after: head, filter: undefined },
    { after: '1:3', filter },
  ]);
  expect(await positionsOf(log, '1:2100', 1, filter)).toEqual([head]);
  await fill(inner, 1);
  await all;
});

it('goes on for the others when the one whose log is read leaves, or has lost its connection', async () => {
  const inner = memoryLog();
  const lost = new AbortController();
  const losing: Log = {
    ...inner,
    async *followRaw(after, { signal }) {
      yield* inner.followRaw(after, { signal: AbortSignal.any([signal, lost.signal]) });
      if (!signal.aborted) throw new LogUnavailable('what follows');
    },
  };
  const share = followedTogether();
  const [leaving, fails, stays] = [
    positionsOf(share({ ...inner }), '1:0', 1),
    positionsOf(share(losing), '1:0', 3),
    positionsOf(share({ ...inner }), '1:0', 3),
  ];
  const first = await fill(inner, 1);
  expect(await leaving).toEqual(first);
  const second = await fill(inner, 1);
  lost.abort();
  await expect(fails).rejects.toBeInstanceOf(LogUnavailable);
  const third = await fill(inner, 1);
  expect(await stays).toEqual([...first, ...second, ...third]);
});
