import { describe, expect, it } from '@jest/globals';
import { PositionWaiters } from './position-waiters.js';
import { TimedOut, ViewsUnavailable } from './projection.errors.js';

describe('waiting for a position', () => {
  it('ends when it is reached or passed, across volumes too', async () => {
    const waiters = new PositionWaiters('1:0');
    const waits = Promise.all([waiters.wait('1:9', 1000), waiters.wait('1:10', 1000), waiters.wait('2:1', 1000)]);
    waiters.moveTo('1:10');
    waiters.moveTo('2:1');
    await expect(waits).resolves.toHaveLength(3);
    await expect(waiters.wait('2:1', 0)).resolves.toBeUndefined();
  });

  it('ends with a typed failure when the time is over', async () => {
    const waiters = new PositionWaiters('1:3');
    await expect(waiters.wait('1:4', 1)).rejects.toMatchObject({ wanted: '1:4', reached: '1:3', timeoutMs: 1 });
    await expect(waiters.wait('1:4', 1)).rejects.toBeInstanceOf(TimedOut);
  });

  it('says that the database is away when it is', async () => {
    const waiters = new PositionWaiters('1:3');
    waiters.pause('no connection');
    await expect(waiters.wait('1:4', 1)).rejects.toBeInstanceOf(ViewsUnavailable);
  });

  it('ends at once when the views have stopped', async () => {
    const waiters = new PositionWaiters('1:3');
    const wait = waiters.wait('1:4', 60_000);
    waiters.fail(new ViewsUnavailable('stopped'));
    await expect(wait).rejects.toMatchObject({ reason: 'stopped' });
  });
});
