import { describe, expect, it } from '@jest/globals';
import { memoryLog } from './memory.log.js';
import { describeAggregateStore } from './testing/aggregate-store.conformance.js';
import { describeExecuting } from './testing/aggregate-store.properties.js';
import { describeLog, fill, take } from './testing/log.conformance.js';

describe.each([
  ['in one volume', Infinity],
  ['in volumes of three commits', 3],
  ['in volumes of one commit', 1],
])('the log in memory, %s', (_, commitsPerVolume) => {
  const log = memoryLog({ commitsPerVolume });
  describeLog(() => log);
  describeAggregateStore(() => log);
  describeExecuting(() => log, 100);
});

describe('positions over the end of a volume', () => {
  it('go on with the first of the next, and begin wherever a reader says', async () => {
    const log = memoryLog({ commitsPerVolume: 2 });
    expect(await fill(log, 5)).toEqual(['1:1', '1:2', '2:1', '2:2', '3:1']);
    const after = async (position: `${number}:${number}`) =>
      (await Array.fromAsync(log.range(position, '9:9'))).map((stored) => stored.position);
    expect(await after('1:2')).toEqual(['2:1', '2:2', '3:1']);
    expect(await after('1:99')).toEqual(await after('2:0'));
    expect(await after('2:0')).toEqual(await after('1:2'));
    const { signal } = new AbortController();
    expect((await take(log.follow('1:1', { signal }), 4)).map(({ position }) => position)).toEqual([
      ...['1:2', '2:1', '2:2', '3:1'],
    ]);
  });
});
