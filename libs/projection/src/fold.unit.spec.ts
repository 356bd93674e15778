import { describe, expect, it } from '@jest/globals';
import { memoryLog, UnknownEvent } from '@freehold/log';
import { randomUUID } from 'node:crypto';
import { foldOne, replayAll } from './fold.js';
import { ProjectionFailed } from './projection.errors.js';
import { append, commitsOf, gone, made, owned, renamed, thing } from './testing/thing.fixture.js';

const operator = randomUUID();

describe('replay in memory', () => {
  it('folds every projection up to a position, and no further', async () => {
    const log = memoryLog();
    const [first, second] = [randomUUID(), randomUUID()];
    await append(log, { operator, id: first }, made('a', 3));
    const then = await append(log, { operator, id: second }, made('b'), renamed('c'));
    await append(log, { operator, id: first }, gone);

    const replayed = await replayAll([thing, owned], log.range('1:0', await log.head()), then);
    expect(await replayAll([thing, owned], log.rangeBatches('1:0', await log.head()), then)).toEqual(replayed);

    expect(replayed.get('thing')).toEqual(
      new Map([
        [first, { row: { id: first, name: 'a', size: 3, former: [] }, operator, position: '1:1', version: 1 }],
        [second, { row: { id: second, name: 'c', size: 1, former: ['b'] }, operator, position: '1:2', version: 1 }],
      ]),
    );
    expect(replayed.get('owned-things')?.get(operator)?.row).toEqual({
      id: operator,
      names: { [first]: 'a|', [second]: 'b|c|' },
    });
  });

  it('forgets a row that evolve ends, and lets it begin again', async () => {
    const log = memoryLog();
    const id = randomUUID();
    await append(log, { operator, id }, made('a'), renamed('b'));
    await append(log, { operator, id }, gone);
    expect((await replayAll([thing], log.range('1:0', '1:2'), '1:2')).get('thing')?.size).toBe(0);
    await append(log, { operator, id }, made('c'));
    const after = await replayAll([thing], log.range('1:0', '1:3'), '1:3');
    expect(after.get('thing')?.get(id)).toMatchObject({ version: 3, row: { name: 'c', former: [] } });
  });

  it('does not look at what other aggregates and contexts say', async () => {
    const log = memoryLog();
    await append(log, { operator, id: randomUUID(), aggregate: 'other' }, { type: 'accounts.unheard-of.v1', data: {} });
    const elsewhere = { context: 'catalog', operator, id: randomUUID() } as const;
    await append(log, elsewhere, { type: 'catalog.unheard-of.v1', data: {} });
    const replayed = await replayAll([thing], log.range('1:0', '1:2'), '1:2');
    expect(replayed.get('thing')?.size).toBe(0);
  });

  it('stops at an event that it does not know, and says where and why', async () => {
    const log = memoryLog();
    await append(log, { operator, id: randomUUID() }, made('a'));
    await append(log, { operator, id: randomUUID() }, { type: 'accounts.thing-painted.v1', data: {} });
    const failure = await replayAll([thing], log.range('1:0', '1:2'), '1:2').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ProjectionFailed);
    expect(failure).toMatchObject({ projection: 'thing', position: '1:2', cause: expect.any(UnknownEvent) });
  });

  it('refuses a row under another id than its key', async () => {
    const log = memoryLog();
    await append(log, { operator, id: randomUUID() }, made('a'));
    const wrong = { ...thing, evolve: () => ({ id: 'elsewhere', name: 'a', size: 1, former: [] }) };
    await expect(replayAll([wrong], log.range('1:0', '1:1'), '1:1')).rejects.toMatchObject({ position: '1:1' });
  });
});

describe('one resource at a position', () => {
  it('is the fold of its own commits until then', async () => {
    const log = memoryLog();
    const id = randomUUID();
    await append(log, { operator, id }, made('a'));
    await append(log, { operator, id }, renamed('b'));
    await append(log, { operator, id }, gone);
    const commits = await commitsOf(log);
    expect(foldOne(thing, commits, '1:0')).toBeNull();
    expect(foldOne(thing, commits, '1:2')).toMatchObject({ version: 2, position: '1:2', row: { name: 'b' } });
    expect(foldOne(thing, commits, '1:3')).toBeNull();
  });

  it('is refused when the commits are of more than one', async () => {
    const log = memoryLog();
    await append(log, { operator, id: randomUUID() }, made('a'));
    await append(log, { operator, id: randomUUID() }, made('b'));
    const commits = await commitsOf(log);
    expect(() => foldOne(thing, commits, '1:2')).toThrow(RangeError);
  });
});
