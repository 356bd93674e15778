import { describe, expect, it } from '@jest/globals';
import { Lanes } from './lanes.js';
import { earlier, Progress } from './progress.js';

describe('progress', () => {
  it('reaches up to the first that is not finished', () => {
    const progress = new Progress('1:1');
    for (const position of ['1:2', '1:5', '1:9'] as const) progress.begin(position);
    progress.finish('1:5');
    expect(progress.reached).toBe('1:1');
    progress.finish('1:2');
    expect(progress.reached).toBe('1:5');
    expect(progress.unfinished).toBe(1);
    progress.finish('1:9');
    expect(progress.reached).toBe('1:9');
  });

  it('is limited by what is earlier', () => {
    expect(earlier('1:9', null)).toBe('1:9');
    expect(earlier('1:9', '1:10')).toBe('1:9');
    expect(earlier('1:10', '1:9')).toBe('1:9');
  });
});

describe('lanes', () => {
  it('keep the order of a key, whatever fails, and let the reader wait for room', async () => {
    const lanes = new Lanes(2, 3);
    const done: string[] = [];
    const gate = Promise.withResolvers<void>();
    const work = (name: string) => async () => {
      await gate.promise;
      done.push(name);
      if (name === 'a1') throw new Error(name);
    };
    const failed = lanes.run('a', work('a1'));
    void lanes.run('a', work('a2'));
    void lanes.run('b', work('b1'));
    let room = false;
    const waited = lanes.room(new AbortController().signal).then(() => (room = true));
    await Promise.resolve();
    expect(room).toBe(false);
    gate.resolve();
    await expect(failed).rejects.toThrow('a1');
    await waited;
    await lanes.idle();
    expect(done.indexOf('a1')).toBeLessThan(done.indexOf('a2'));
    expect(done).toHaveLength(3);
  });

  it('give up waiting for room when they are aborted', async () => {
    const lanes = new Lanes(1, 1);
    const gate = Promise.withResolvers<void>();
    void lanes.run('a', () => gate.promise);
    const stop = new AbortController();
    const waiting = lanes.room(stop.signal);
    stop.abort();
    await waiting;
    gate.resolve();
    await lanes.idle();
    expect(stop.signal.aborted).toBe(true);
  });
});
