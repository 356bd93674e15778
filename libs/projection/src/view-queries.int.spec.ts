import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { memoryLog } from '@freehold/log';
import { claimGround, type ClaimedGround } from '@freehold/supervisor/testing';
import type { MikroORM } from '@mikro-orm/postgresql';
import { randomUUID } from 'node:crypto';
import { ormFor } from './orm.js';
import { CursorUnreadable } from './projection.errors.js';
import { type ProjectionRunner, projectionRunner } from './projection-runner.js';
import { append, made, silent, type ThingRow, thingView } from './testing/thing.fixture.js';
import { type ListOptions, viewQueries, type ViewQueries } from './view-queries.js';

describe('asking a view', () => {
  const log = memoryLog();
  const [mine, other] = [randomUUID(), randomUUID()];
  const placed: { id: string; operator: string; name: string; size: number }[] = [];
  let ground: ClaimedGround;
  let orm: MikroORM;
  let runner: ProjectionRunner;
  let queries: ViewQueries<ThingRow, 'name' | 'size'>;

  beforeAll(async () => {
    ground = await claimGround();
    orm = ormFor({ connection: ground.database, views: [thingView] });
    runner = projectionRunner({ log, orm, views: [thingView], name: 'test', logger: silent });
    queries = viewQueries(runner, thingView);
    runner.start();
    for (let count = 0; count < 24; count += 1) {
      const size = (count % 5) - 1; // negative: the row has no size
      const each = { id: randomUUID(), operator: count % 4 === 3 ? other : mine, name: `n${count % 3}`, size };
      placed.push(each);
      await append(log, each, made(each.name, size));
    }
    await runner.waitFor('1:24', { timeoutMs: 30_000 });
  });
  afterAll(async () => {
    await runner.stop();
    await orm.close();
    await ground.release();
  });

  const idsOfAllPages = async (options: Omit<ListOptions<'name' | 'size'>, 'limit' | 'cursor'>): Promise<string[]> => {
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await queries.list({ ...options, limit: 5, ...(cursor === undefined ? {} : { cursor }) });
      expect(page.items.length).toBeLessThanOrEqual(5);
      ids.push(...page.items.map(({ row }) => row.id));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    return ids;
  };
  const expected = (...order: ((a: (typeof placed)[0], b: (typeof placed)[0]) => number)[]): string[] =>
    placed
      .filter(({ operator }) => operator === mine)
      .sort((a, b) => order.reduce((found, compare) => found || compare(a, b), 0) || (a.id < b.id ? -1 : 1))
      .map(({ id }) => id);

  it('answers one row, with its position and version', async () => {
    const { id, operator, name } = placed[6]!;
    expect(await queries.get(id, { operator })).toEqual({
      row: { id, name, size: 0, former: [] },
      ...{ operator, position: '1:7', version: 1 },
    });
    expect(await queries.get(randomUUID())).toBeNull();
  });

  it('does not show another operator’s row, not even that it exists', async () => {
    const foreign = placed.find(({ operator }) => operator === other)!;
    expect(await queries.get(foreign.id, { operator: mine })).toBeNull();
    expect(await idsOfAllPages({ operator: mine })).not.toContain(foreign.id);
  });

  it('lists page by page in a stable order, nothing twice, nothing left out', async () => {
    expect(await idsOfAllPages({ operator: mine })).toEqual(expected());
    const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
    expect(await idsOfAllPages({ operator: mine, orderBy: { column: 'name' } })).toEqual(expected(byName));
  });

  it('puts rows without a value last, up and down', async () => {
    const absent = (a: { size: number }, b: { size: number }) => Number(a.size < 0) - Number(b.size < 0);
    const bySize = (a: { size: number }, b: { size: number }) => a.size - b.size;
    const up = await idsOfAllPages({ operator: mine, orderBy: { column: 'size' } });
    expect(up).toEqual(expected(absent, bySize));
    const down = await idsOfAllPages({ operator: mine, orderBy: { column: 'size', descending: true } });
    expect(down).toEqual(expected(absent, (a, b) => bySize(b, a)));
  });

  it('filters by a value, several, none', async () => {
    const matching = async (where: ListOptions<'name' | 'size'>['where'] & object) =>
      (await queries.list({ where, limit: 100 })).items.length;
    expect(await matching({ name: 'n1' })).toBe(8);
    expect(await matching({ name: ['n1', 'n2'] })).toBe(16);
    expect(await matching({ size: null })).toBe(5);
    expect(await matching({ size: [null, 0] })).toBe(10);
    expect(await matching({ name: [] })).toBe(0);
    expect(await matching({ name: "n1' or true --" })).toBe(0);
  });

  it('says what position a page shows', async () => {
    expect((await queries.list({ limit: 1 })).position).toBe('1:24');
  });

  it('refuses a cursor of another order', async () => {
    const { next } = await queries.list({ limit: 1 });
    const list = queries.list({ limit: 1, orderBy: { column: 'name' }, cursor: next ?? '' });
    await expect(list).rejects.toBeInstanceOf(CursorUnreadable);
  });
});
