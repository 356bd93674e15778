import { describe, expect, it } from '@jest/globals';
import { createAppender } from './appender.js';
import { AppendRefused, LogUnavailable, OutcomeUnknown } from './log.errors.js';
import type { Log } from './log.port.js';
import { memoryLog } from './memory.log.js';
import { subjectOf } from './subject.js';
import { newCounter } from './testing/counter.fixture.js';
import { type Fault, faultyLog } from './testing/faulty.log.js';
import { newCommit } from './testing/log.conformance.js';

const subject = subjectOf(newCounter());
const overtaking = (log: Log) => (taken: string) => log.append(taken, newCommit(), null);

describe('the four ends of an append', () => {
  it.each<[Fault[], object, number]>([
    [['none'], { kind: 'stored', found: false }, 1],
    [['lost-answer'], { kind: 'stored', found: true }, 1],
    [['lost-request'], { kind: 'stored', found: false }, 1],
    [['lost-request', 'lost-request', 'lost-answer'], { kind: 'stored', found: true }, 1],
    [['overtaken'], { kind: 'conflict' }, 1],
    [['lost-request', 'overtaken'], { kind: 'conflict' }, 1],
  ])('after %j', async (faults, expected, commits) => {
    const log = memoryLog();
    const commit = newCommit();
    const { append } = createAppender({ log: faultyLog(log, faults, overtaking(log)) });
    expect(await append({ subject, commit, expected: null })).toMatchObject(expected);
    expect(await log.head()).toBe(`1:${commits}`);
  });

  it('finds its command below the commits of others', async () => {
    const log = memoryLog();
    const commit = newCommit();
    await log.append(subject, commit, null);
    await log.append(subject, newCommit({ version: 2, previous: '1:1' }), '1:1');
    const { append } = createAppender({ log });
    expect(await append({ subject, commit, expected: null })).toMatchObject({
      kind: 'stored',
      found: true,
      stored: { position: '1:1', commit },
    });
  });

  it('keeps asking while the log is away, and finds what was stored', async () => {
    const log = memoryLog();
    let silent = 3;
    const away: Log = {
      ...faultyLog(log, ['lost-answer'], overtaking(log)),
      last: async (...asked) => {
        if (silent-- > 0) throw new LogUnavailable('last');
        return log.last(...asked);
      },
    };
    const result = await createAppender({ log: away }).append({ subject, commit: newCommit(), expected: null });
    expect(result).toMatchObject({ kind: 'stored', found: true });
  });

  it('says at the deadline that the outcome is unknown, with the cause', async () => {
    const log = memoryLog();
    const silent: Log = { ...log, append: async () => Promise.reject(new OutcomeUnknown(subject, 'an id')) };
    const commit = newCommit();
    const append = createAppender({ log: silent }).append({ subject, commit, expected: null, deadlineMs: 30 });
    await expect(append).rejects.toMatchObject({
      name: 'OutcomeUnknown',
      commandId: commit.command.id,
      cause: { name: 'OutcomeUnknown', commandId: 'an id' },
    });
  });

  it('does not try again what the log refuses for good', async () => {
    const refusing: Log = {
      ...memoryLog(),
      append: async () => Promise.reject(new AppendRefused(subject, 10077, 'maximum bytes exceeded')),
    };
    const append = createAppender({ log: refusing }).append({ subject, commit: newCommit(), expected: null });
    await expect(append).rejects.toMatchObject({ name: 'AppendRefused', code: 10077 });
  });
});
