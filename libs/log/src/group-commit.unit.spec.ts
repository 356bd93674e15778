import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  BATCH_LIMITS,
  type BatchLimits,
  GroupCommit,
  VolumeClosed,
  type Write,
  type WriteAnswer,
} from './group-commit.js';
import { AppendRefused, LogUnavailable, OutcomeUnknown } from './log.errors.js';

/** As small as can be. */
const LIMITS: BatchLimits = { ...BATCH_LIMITS, fewest: 2 };

/** What the server does with one write, besides looking at expectations. */
type Fault = 'none' | 'lost-answer' | 'lost-request' | 'refused' | 'closed';

/** A stream as the server keeps it: subjects' last sequences, and all or nothing for a batch. */
class Server {
  readonly batches: string[][] = [];
  readonly stored: string[] = [];
  readonly last = new Map<string, number>();
  silent = false;

  constructor(
    private readonly faults: Fault[] = [],
    private readonly refusedSubject?: string,
  ) {}

  put(subject: string): number {
    this.last.set(subject, this.stored.push(subject));
    return this.stored.length;
  }

  async write(batch: readonly Write[]): Promise<WriteAnswer> {
    this.batches.push(batch.map(({ subject }) => subject));
    await Promise.resolve();
    const fault = this.faults.shift() ?? 'none';
    const silence = { kind: 'silence', cause: new Error(fault) } as const;
    if (fault === 'lost-request') return silence;
    if (fault === 'closed') return { kind: 'closed', cause: new Error(fault) };
    const guilty = batch.some(({ subject }) => subject === this.refusedSubject);
    if (fault === 'refused' || guilty)
      return { kind: 'refused', code: 10054, description: 'message size exceeds maximum' };
    if (batch.some(({ subject, expected }) => (this.last.get(subject) ?? 0) !== expected)) return { kind: 'stale' };
    for (const { subject } of batch) this.put(subject);
    return fault === 'lost-answer' ? silence : { kind: 'stored', last: this.stored.length };
  }

  async lastSequence(subject: string): Promise<number> {
    if (this.silent) throw new LogUnavailable('last');
    return this.last.get(subject) ?? 0;
  }
}

const writeOf = (subject: string, expected = 0, bytes = 300): Write => ({
  subject,
  commandId: `command of ${subject}`,
  bytes: new Uint8Array(bytes),
  expected,
  headers: {},
});
const appendAll = (group: GroupCommit, writes: readonly Write[]) =>
  Promise.allSettled(writes.map((write) => group.append(write)));
const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `s${index}`);
const stored = (value: number | null) => ({ status: 'fulfilled', value });

describe('what comes together', () => {
  it('goes as one batch, each with its own sequence', async () => {
    const server = new Server();
    expect(
      await appendAll(
        new GroupCommit(server, LIMITS),
        names(4).map((name) => writeOf(name)),
      ),
    ).toEqual([1, 2, 3, 4].map(stored));
    expect(server.batches).toEqual([names(4)]);
  });

  it('while a write is under way, goes in the next', async () => {
    const server = new Server();
    const group = new GroupCommit(server, LIMITS);
    const first = group.append(writeOf('first'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(server.batches).toEqual([['first']]);
    const later = appendAll(
      group,
      names(3).map((name) => writeOf(name)),
    );
    expect(await first).toBe(1);
    expect(await later).toEqual([2, 3, 4].map(stored));
    expect(server.batches).toEqual([['first'], names(3)]);
  });

  it('goes with whoever is answered and comes back at once', async () => {
    const server = new Server();
    const group = new GroupCommit(server, LIMITS);
    const twice = async (name: string) => group.append(writeOf(name, Number(await group.append(writeOf(name)))));
    await Promise.all(names(50).map(twice));
    expect(server.batches).toEqual([names(50), names(50)]);
  });

  it('is split by the number of commits and by their bytes', async () => {
    const server = new Server();
    await appendAll(
      new GroupCommit(server, { ...LIMITS, commits: 4, bytes: 1_000 }),
      names(10).map((name) => writeOf(name)),
    );
    expect(server.batches.map(({ length }) => length)).toEqual([3, 3, 3, 1]);
    const few = new Server();
    await appendAll(
      new GroupCommit(few, { ...LIMITS, commits: 4 }),
      names(10).map((name) => writeOf(name)),
    );
    expect(few.batches.map(({ length }) => length)).toEqual([4, 4, 2]);
  });

  it('is sent alone when it is above the bytes of a batch', async () => {
    const server = new Server();
    const group = new GroupCommit(server, { ...LIMITS, bytes: 1_000 });
    const sizes = [300, 2_000, 300];
    expect(
      await appendAll(
        group,
        sizes.map((bytes, n) => writeOf(`s${n}`, 0, bytes)),
      ),
    ).toEqual([1, 3, 2].map(stored));
    expect(server.batches).toEqual([['s0', 's2'], ['s1']]);
  });
});

describe('what is little', () => {
  it('goes one by one, in its order', async () => {
    const server = new Server();
    const group = new GroupCommit(server, { ...BATCH_LIMITS, fewest: 5 });
    const append = (some: readonly string[]) =>
      appendAll(
        group,
        some.map((name) => writeOf(name)),
      );
    expect(await append(['a', 'b', 'c', 'd'])).toEqual([1, 2, 3, 4].map(stored));
    expect(await append(names(5))).toEqual([5, 6, 7, 8, 9].map(stored));
    expect(server.batches).toEqual([['a'], ['b'], ['c'], ['d'], names(5)]);
  });

  it('goes together after a silence, which would else be waited for one by one', async () => {
    const server = new Server(['lost-request', 'lost-request']);
    const group = new GroupCommit(server, { ...BATCH_LIMITS, fewest: 10 });
    const results = await appendAll(
      group,
      names(6).map((name) => writeOf(name)),
    );
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    expect(server.batches.map(({ length }) => length)).toEqual([1, 5]);
    expect(await group.append(writeOf('a'))).toBe(1);
  });
});

describe('two commits of one aggregate', () => {
  it('are never in one batch, and the loser is told without another write', async () => {
    const server = new Server();
    const group = new GroupCommit(server, LIMITS);
    expect(
      await appendAll(
        group,
        ['a', 'b', 'a', 'c', 'a'].map((name) => writeOf(name)),
      ),
    ).toEqual([1, 2, null, 3, null].map(stored));
    expect(server.batches).toEqual([['a', 'b', 'c']]);
  });

  it('both get in when the second expects the first', async () => {
    const server = new Server();
    const group = new GroupCommit(server, LIMITS);
    expect(await appendAll(group, [writeOf('a'), writeOf('a', 1)])).toEqual([1, 2].map(stored));
  });
});

describe('a batch that is refused', () => {
  it('because one was overtaken, goes again without that one', async () => {
    const server = new Server();
    server.put('s3');
    const results = await appendAll(
      new GroupCommit(server, LIMITS),
      names(6).map((name) => writeOf(name)),
    );
    expect(results).toEqual([2, 3, 4, null, 5, 6].map(stored));
    expect(server.batches.map(({ length }) => length)).toEqual([6, 5]);
  });

  it('although all look current, is halved until each learns its own', async () => {
    const server = new Server();
    server.put('s3');
    const behind = { write: (batch: readonly Write[]) => server.write(batch), lastSequence: async () => 0 };
    expect(
      await appendAll(
        new GroupCommit(behind, LIMITS),
        names(6).map((name) => writeOf(name)),
      ),
    ).toEqual([2, 3, 4, null, 5, 6].map(stored));
  });

  it('for another reason, is halved until the guilty one is alone', async () => {
    const server = new Server([], 's700');
    const results = await appendAll(
      new GroupCommit(server, LIMITS),
      names(1_000).map((name) => writeOf(name)),
    );
    const refused = results.flatMap((result, index) => (result.status === 'rejected' ? [[index, result.reason]] : []));
    expect(refused).toEqual([[700, expect.any(AppendRefused)]]);
    expect(server.stored).toHaveLength(999);
    expect(server.batches.length).toBeLessThan(30);
  });

  it('while nobody can be looked at, is unknown to all of it', async () => {
    const server = new Server();
    server.put('s1');
    server.silent = true;
    const results = await appendAll(
      new GroupCommit(server, LIMITS),
      names(3).map((name) => writeOf(name)),
    );
    expect(results.map((result) => result.status === 'rejected' && result.reason instanceof OutcomeUnknown)).toEqual([
      ...[true, true, true],
    ]);
  });
});

describe('silence', () => {
  it('is told to each of the batch with its own command, and the next batch goes on', async () => {
    const server = new Server(['lost-answer']);
    const group = new GroupCommit(server, LIMITS);
    const results = await appendAll(
      group,
      names(3).map((name) => writeOf(name)),
    );
    expect(results).toMatchObject(
      names(3).map((subject) => ({ status: 'rejected', reason: { subject, commandId: `command of ${subject}` } })),
    );
    expect(await group.append(writeOf('next'))).toBe(4);
  });

  it('is what a failure of sending is', async () => {
    const broken = { write: async () => Promise.reject(new Error('bug')), lastSequence: async () => 0 };
    await expect(new GroupCommit(broken, LIMITS).append(writeOf('a'))).rejects.toBeInstanceOf(OutcomeUnknown);
  });
});

describe('a volume that is closed', () => {
  it('says so to the batch and to all that wait', async () => {
    const server = new Server(['none', 'closed']);
    const group = new GroupCommit(server, { ...LIMITS, commits: 2 });
    const results = await appendAll(
      group,
      names(6).map((name) => writeOf(name)),
    );
    expect(results.slice(0, 2)).toEqual([1, 2].map(stored));
    expect(results.slice(2)).toEqual(
      names(4).map(() => ({ status: 'fulfilled', value: new VolumeClosed(new Error('closed')) })),
    );
    expect(server.batches).toHaveLength(2);
  });
});

describe('whatever comes', () => {
  const fault = fc.constantFrom<Fault>('none', 'none', 'lost-answer', 'lost-request', 'refused', 'closed');
  const append = fc.record({ subject: fc.nat(6), expected: fc.constantFrom<'current' | 'old'>('current', 'old') });

  it('every append ends, and nothing is said to be stored twice or elsewhere than it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { maxLength: 10 }),
        fc.array(fc.array(append, { maxLength: 12 }), { maxLength: 4 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 4 }),
        async (faults, rounds, commits, fewest) => {
          const server = new Server(faults);
          const group = new GroupCommit(server, { ...BATCH_LIMITS, commits, fewest });
          const claimed: number[] = [];
          for (const round of rounds) {
            const writes = round.map(({ subject, expected }) =>
              writeOf(`s${subject}`, expected === 'old' ? 0 : (server.last.get(`s${subject}`) ?? 0)),
            );
            const results = await appendAll(group, writes);
            for (const [index, result] of results.entries()) {
              if (result.status !== 'fulfilled' || typeof result.value !== 'number') continue;
              expect(server.stored[result.value - 1]).toBe(writes[index]?.subject);
              claimed.push(result.value);
            }
          }
          expect(new Set(claimed).size).toBe(claimed.length);
          for (const batch of server.batches) expect(new Set(batch).size).toBe(batch.length);
        },
      ),
    );
  });
});
