import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Journal } from './journal.js';

describe('the journal of an agent', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'freehold-journal-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const asked = async () => {
    const journal = await Journal.open(folder);
    await journal.confirmAsked();
    return journal;
  };

  test('a new journal must ask, until it has asked', async () => {
    expect((await Journal.open(folder)).mustAsk).toEqual({ reason: 'new' });
    const journal = await Journal.open(folder);
    await journal.raise('a', { generation: 1, epoch: 1 });
    expect((await Journal.open(folder)).mustAsk).toEqual({ reason: 'new' });
    await journal.confirmAsked();
    expect((await Journal.open(folder)).mustAsk).toBeUndefined();
  });

  test('refuses a lower generation and a lower epoch, also after a crash', async () => {
    await (await asked()).raise('a', { generation: 5, epoch: 2 });
    const journal = await Journal.open(folder);
    expect(journal.seen('a')).toEqual({ generation: 5, epoch: 2 });
    expect(await journal.raise('a', { generation: 4, epoch: 2 })).toMatchObject({ code: 'generation-outdated' });
    expect(await journal.raise('a', { generation: 6, epoch: 1 })).toMatchObject({
      status: 'refused',
      code: 'epoch-outdated',
      seen: { generation: 5, epoch: 2 },
    });
    expect(await journal.raise('a', { generation: 5, epoch: 2 })).toMatchObject({ status: 'raised' });
    expect(journal.seen('b')).toBeUndefined();
  });

  test('no order of raises lets a height fall', async () => {
    const journal = await asked();
    const heights = fc.record({ generation: fc.nat(5), epoch: fc.nat(3) });
    await fc.assert(
      fc.asyncProperty(fc.uuid(), fc.array(heights, { maxLength: 12 }), async (id, raises) => {
        let last = { generation: 0, epoch: 0 };
        for (const raise of raises) {
          await journal.raise(id, raise);
          const now = journal.seen(id) ?? last;
          expect(now.generation).toBeGreaterThanOrEqual(last.generation);
          expect(now.epoch).toBeGreaterThanOrEqual(last.epoch);
          last = now;
        }
        expect((await Journal.open(folder)).seen(id)).toEqual(journal.seen(id));
      }),
      { numRuns: 25 },
    );
  });

  test('answers a repeated job with its first result, also after a crash', async () => {
    await (await asked()).recordJob('job-1', { outcome: 'done', answer: { digest: 'x' } });
    const journal = await Journal.open(folder);
    const repeat = await journal.recordJob('job-1', { outcome: 'failed', answer: null });
    expect(repeat).toEqual({ outcome: 'done', answer: { digest: 'x' } });
    expect(journal.jobResult('job-2')).toBeUndefined();
  });

  test('keeps a bounded number of results, the newest', async () => {
    const journal = await Journal.open(folder, { jobLimit: 3 });
    for (const id of ['1', '2', '3', '4', '5']) await journal.recordJob(id, { outcome: 'done', answer: id });
    expect(['1', '2', '3', '4', '5'].filter((id) => journal.jobResult(id))).toEqual(['3', '4', '5']);
  });

  test('concurrent writes all last', async () => {
    const journal = await asked();
    const ids = Array.from({ length: 20 }, (_, n) => `environment-${n}`);
    await Promise.all(ids.map((id) => journal.raise(id, { generation: 1, epoch: 1 })));
    expect([...(await Journal.open(folder)).environments().keys()].sort()).toEqual([...ids].sort());
    expect((await readdir(folder)).filter((name) => name !== 'journal.json')).toEqual([]);
  });

  test('forgets', async () => {
    const journal = await asked();
    await journal.raise('a', { generation: 5, epoch: 2 });
    await journal.forget('a');
    await journal.forget('a');
    expect((await Journal.open(folder)).seen('a')).toBeUndefined();
  });

  test.each([
    ['cut off', (text: string) => text.slice(0, text.length / 2)],
    ['empty', () => ''],
    ['with a lower generation', (text: string) => text.replace('"generation":7', '"generation":3')],
    ['full of zeros', (text: string) => '\0'.repeat(text.length)],
  ])('a file %s is damaged: kept aside, and the agent must ask', async (_, damage) => {
    await (await asked()).raise('a', { generation: 7, epoch: 2 });
    const file = join(folder, 'journal.json');
    const torn = damage(await readFile(file, 'utf8'));
    await writeFile(file, torn);
    const journal = await Journal.open(folder);
    expect(journal.mustAsk).toMatchObject({
      reason: 'damaged',
      keptAs: expect.stringContaining('journal.json.damaged-'),
    });
    expect(journal.seen('a')).toBeUndefined();
    const { keptAs } = journal.mustAsk as { keptAs: string };
    expect(await readFile(keptAs, 'utf8')).toBe(torn);
    expect((await Journal.open(folder)).mustAsk).toBeDefined();
  });

  test('a half-written new file beside it counts nothing', async () => {
    await (await asked()).raise('a', { generation: 7, epoch: 2 });
    await writeFile(join(folder, '.new-0123'), '{"sha');
    const journal = await Journal.open(folder);
    expect(journal.mustAsk).toBeUndefined();
    expect(journal.seen('a')).toEqual({ generation: 7, epoch: 2 });
  });
});
