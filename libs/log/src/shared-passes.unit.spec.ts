import { describe, expect, it } from '@jest/globals';
import type { Position } from '@freehold/kernel';
import fc from 'fast-check';
import type { Log, RawCommit } from './log.port.js';
import { memoryLog } from './memory.log.js';
import { sharedPasses } from './shared-passes.js';
import { fill } from './testing/log.conformance.js';

/** A log that hands out some commits at a time, and counts what it hands out. */
function counted(inner: Log, size: number): { log: Log; handedOut(): number; openPasses(): number } {
  let [handedOut, open] = [0, 0];
  const rangeBatches: Log['rangeBatches'] = async function* (after, to) {
    const commits = await Array.fromAsync(inner.rangeRaw(after, to));
    open += 1;
    try {
      for (let from = 0; from < commits.length; from += size) {
        await Promise.resolve();
        const batch = commits.slice(from, from + size);
        handedOut += batch.length;
        yield batch;
      }
    } finally {
      open -= 1;
    }
  };
  return { log: { ...inner, rangeBatches }, handedOut: () => handedOut, openPasses: () => open };
}

async function filled(count: number, commitsPerVolume = Infinity): Promise<Log> {
  const log = memoryLog({ commitsPerVolume });
  await fill(log, count);
  return log;
}

interface Reader {
  after: Position;
  to: Position;
  /** Microtasks that it needs for a batch. */
  pace: number;
  /** Leaves after so many batches. */
  leaves: number;
}

async function read(log: Log, { after, to, pace, leaves }: Reader): Promise<RawCommit[]> {
  const seen: RawCommit[] = [];
  let batches = 0;
  for await (const batch of log.rangeBatches(after, to)) {
    expect(batch.length).toBeGreaterThan(0);
    seen.push(...batch);
    batches += 1;
    if (batches >= leaves) break;
    for (let turn = 0; turn < pace; turn += 1) await Promise.resolve();
  }
  return seen;
}

const bytesOf = (commits: readonly RawCommit[]) =>
  commits.map(({ position, time, subject, body }) => [position, time, subject, Buffer.from(body).toString()]);

describe('passes over the log that several share', () => {
  it('are one for those who begin together, and each sees all', async () => {
    const inner = await filled(12_000);
    const { log, handedOut, openPasses } = counted(inner, 700);
    const to = await inner.head();
    const shared = sharedPasses()(log);
    const paces = [0, 1, 7];
    const all = await Promise.all(paces.map((pace) => read(shared, { after: '1:0', to, pace, leaves: Infinity })));
    const expected = bytesOf(await Array.fromAsync(inner.rangeRaw('1:0', to)));
    for (const seen of all) expect(bytesOf(seen)).toEqual(expected);
    expect(handedOut()).toBe(12_000);
    expect(openPasses()).toBe(0);
  });

  it('give each reader its own range, whatever the others do, and go on with what came later', async () => {
    const reader = fc.record({
      from: fc.nat(300),
      to: fc.nat(400),
      pace: fc.nat(3),
      leaves: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.constant(Infinity)),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(reader, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(130, Infinity),
        async (readers, size, each) => {
          const inner = await filled(300, each);
          const places = [
            '1:0' as Position,
            ...(await Array.fromAsync(inner.rangeRaw('1:0', '9:999'))).map((c) => c.position),
          ];
          const { log, openPasses } = counted(inner, size);
          const shared = sharedPasses()(log);
          const reading = readers.map(async ({ from, to, ...rest }) => {
            const [after, until] = [places[from] ?? '1:0', places[to] ?? ('9:999' as Position)];
            const seen = bytesOf(await read(shared, { after, to: until, ...rest }));
            const expected = bytesOf(await Array.fromAsync(inner.rangeRaw(after, until)));
            expect(seen).toEqual(rest.leaves === Infinity ? expected : expected.slice(0, seen.length));
          });
          await fill(inner, 1);
          await Promise.all(reading);
          expect(openPasses()).toBe(0);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('are left, when the log that is read fails, by those who have another', async () => {
    const inner = await filled(5_000);
    const { log, handedOut } = counted(inner, 700);
    const failing: Log = {
      ...log,
      async *rangeBatches(after, to) {
        for await (const batch of log.rangeBatches(after, to)) {
          yield batch;
          if (handedOut() > 2_000) throw new Error('its connection is closed');
        }
      },
    };
    const sharing = sharedPasses();
    const to = await inner.head();
    const reading = (each: Log) => read(sharing(each), { after: '1:0', to, pace: 0, leaves: Infinity });
    const [first, second] = [reading(failing), reading(inner)];
    await expect(first).rejects.toThrow('its connection is closed');
    expect(bytesOf(await second)).toEqual(bytesOf(await Array.fromAsync(inner.rangeRaw('1:0', to))));
  });

  it('fail for all who read when the log does', async () => {
    const inner = await filled(10);
    const broken: Log = {
      ...inner,
      rangeBatches: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('away')) }) }),
    };
    const shared = sharedPasses()(broken);
    const reading = [0, 1].map(() => read(shared, { after: '1:0', to: '1:10', pace: 0, leaves: Infinity }));
    const failures = (await Promise.allSettled(reading)).map((each) => each.status);
    expect(failures).toEqual(['rejected', 'rejected']);
  });
});
