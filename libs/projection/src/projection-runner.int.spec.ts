import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { memoryLog, type Log } from '@freehold/log';
import { claimGround, type ClaimedGround, eventually } from '@freehold/supervisor/testing';
import type { MikroORM } from '@mikro-orm/postgresql';
import { randomUUID } from 'node:crypto';
import { replayAll } from './fold.js';
import { ormFor } from './orm.js';
import type { SourceEvent } from './projection.js';
import { TimedOut, ViewsUnavailable } from './projection.errors.js';
import { type ProjectionRunner, projectionRunner } from './projection-runner.js';
import {
  append,
  gone,
  made,
  owned,
  ownedView,
  renamed,
  silent,
  storedRows,
  thing,
  type ThingEvent,
  type ThingRow,
  thingView,
} from './testing/thing.fixture.js';
import { viewEntity } from './view-entity.js';

const views = [thingView, ownedView];
const operator = randomUUID();
const soon = { timeoutMs: 30_000 };

describe('the runner of projections', () => {
  let ground: ClaimedGround;
  let orm: MikroORM;
  const started: ProjectionRunner[] = [];

  beforeAll(async () => {
    ground = await claimGround();
    orm = ormFor({ connection: ground.database, views });
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((runner) => runner.stop()));
    for (const table of await tablesOf(orm)) await orm.em.execute(`drop table ${table}`, [], 'run');
  });
  afterAll(async () => {
    await orm.close();
    await ground.release();
  });

  const following = (log: Log, options: { batchSize?: number; idleMs?: number } = {}): ProjectionRunner => {
    const runner = projectionRunner({ log, orm, views, name: 'test', logger: silent, ...options });
    started.push(runner);
    runner.start();
    return runner;
  };

  const expectRowsOf = async (runner: ProjectionRunner, log: Log): Promise<void> => {
    const head = await log.head();
    await runner.waitFor(head, soon);
    const replayed = await replayAll([thing, owned], log.range('1:0', head), head);
    expect(await storedRows(runner, thingView)).toEqual(replayed.get('thing'));
    expect(await storedRows(runner, ownedView)).toEqual(replayed.get('owned-things'));
  };

  it('lets its writer read what it wrote', async () => {
    const log = memoryLog();
    const runner = following(log);
    const id = randomUUID();
    await runner.waitFor(await append(log, { operator, id }, made('a')), soon);
    expect((await storedRows(runner, thingView)).get(id)?.row).toEqual({ id, name: 'a', size: 1, former: [] });
    await runner.waitFor(await append(log, { operator, id }, gone), soon);
    expect((await storedRows(runner, thingView)).size).toBe(0);
    expect(runner.state()).toEqual({ kind: 'following', position: '1:2' });
  });

  it('drops the tables of programs that had no editions', async () => {
    await orm.em.execute('create table bookmark (name text); create table thing (id text)', [], 'run');
    const log = memoryLog();
    await append(log, { operator, id: randomUUID() }, made('a'));
    await expectRowsOf(following(log), log);
    expect(await tablesOf(orm)).toEqual(['edition', 'owned_things_1', 'thing_1']);
  });

  it('moves past what no projection asks for', async () => {
    const log = memoryLog();
    const runner = following(log);
    const foreign = { context: 'catalog', operator, id: randomUUID() } as const;
    await runner.waitFor(await append(log, foreign, { type: 'catalog.anything.v1', data: {} }), soon);
    expect(runner.position()).toBe('1:1');
  });

  it('says so when a position is not reached in time', async () => {
    const runner = following(memoryLog());
    await expect(runner.waitFor('1:1', { timeoutMs: 20 })).rejects.toBeInstanceOf(TimedOut);
  });

  it('goes on at its bookmark after a restart', async () => {
    const log = memoryLog();
    await append(log, { operator, id: randomUUID() }, made('a'));
    const first = following(log);
    await first.waitFor('1:1', soon);
    await first.stop();
    await expect(first.waitFor('1:2', soon)).rejects.toBeInstanceOf(ViewsUnavailable);
    await append(log, { operator, id: randomUUID() }, made('b'));
    await expectRowsOf(following(log), log);
  });

  it('builds the same rows again, and answers from the ones before meanwhile', async () => {
    const log = memoryLog();
    for (let count = 0; count < 30; count += 1) {
      await append(log, { operator: randomUUID(), id: randomUUID() }, made(`thing ${count}`), renamed('x'));
    }
    const runner = following(log, { batchSize: 4 });
    await runner.waitFor('1:30', soon);
    const before = await storedRows(runner, thingView);
    expect(before.size).toBe(30);

    const replaced = await runner.rebuild();
    expect(await storedRows(runner, thingView)).toEqual(before);
    expect(await runner.replaced(replaced, soon)).toBe(true);
    expect(await storedRows(runner, thingView)).toEqual(before);
    expect(await tablesOf(orm)).toEqual([`edition`, `owned_things_${replaced + 1}`, `thing_${replaced + 1}`]);
  });

  it('stops at an event that it does not know, says where, and keeps answering', async () => {
    const log = memoryLog();
    const unknown = { type: 'accounts.thing-painted.v1', data: {} };
    await append(log, { operator, id: randomUUID() }, made('a'));
    const runner = following(log, { batchSize: 1 });
    await runner.waitFor('1:1', soon);
    await append(log, { operator, id: randomUUID() }, unknown);
    const last = await append(log, { operator, id: randomUUID() }, made('b'));

    await expect(runner.waitFor(last, soon)).rejects.toMatchObject({
      reason: expect.stringContaining('thing-painted'),
    });
    expect(runner.state()).toMatchObject({ kind: 'stopped', position: '1:1', reason: expect.stringContaining('1:2') });
    expect((await storedRows(runner, thingView)).size).toBe(1);
  });

  it('makes its tables anew for a new version of a projection, and the older program gives way', async () => {
    const log = memoryLog();
    await append(log, { operator, id: randomUUID() }, made('a'));
    const older = following(log, { idleMs: 20 });
    await older.waitFor('1:1', soon);

    const shouting = viewEntity<ThingRow>({
      ...thing,
      version: 2,
      evolve: (row: ThingRow | null, event: SourceEvent<ThingEvent>) => loud(thing.evolve(row, event)),
    });
    const newerOrm = ormFor({ connection: ground.database, views: [shouting, ownedView] });
    const newer = projectionRunner({ log, orm: newerOrm, views: [shouting, ownedView], name: 'test', logger: silent });
    newer.start();
    try {
      await newer.waitFor('1:1', soon);
      expect([...(await storedRows(newer, shouting)).values()]).toMatchObject([{ row: { name: 'A' } }]);
      expect(await eventually(() => older.state().kind === 'stopped')).toBe(true);
      await expect(storedRows(older, thingView)).rejects.toBeInstanceOf(ViewsUnavailable);
    } finally {
      await newer.stop();
      await newerOrm.close();
    }
  });

  it('begins again when its bookmark is ahead of the log', async () => {
    const [longer, shorter] = [memoryLog(), memoryLog()];
    for (const name of ['a', 'b', 'c']) await append(longer, { operator, id: randomUUID() }, made(name));
    const first = following(longer);
    await first.waitFor('1:3', soon);
    await first.stop();
    await append(shorter, { operator, id: randomUUID() }, made('d'));
    await expectRowsOf(following(shorter), shorter);
  });

  it('keeps the rows right when two follow with one bookmark', async () => {
    const log = memoryLog();
    const ids = Array.from({ length: 5 }, () => randomUUID());
    for (const id of ids) await append(log, { operator, id }, made('0'));
    const pair = [following(log, { batchSize: 3 }), following(log, { batchSize: 2 })];
    for (let count = 1; count <= 60; count += 1) {
      await append(log, { operator, id: ids[count % ids.length] ?? '' }, renamed(String(count)));
      if (count % 10 === 0) await new Promise(setImmediate);
    }
    for (const runner of pair) await expectRowsOf(runner, log);
  });
});

const loud = <Row extends { name: string }>(row: Row | null): Row | null =>
  row === null ? null : { ...row, name: row.name.toUpperCase() };

const tablesOf = async (orm: MikroORM): Promise<string[]> => {
  const found = await orm.em.execute<{ name: string }[]>(
    'select tablename as name from pg_tables where schemaname = current_schema order by 1',
  );
  return found.map(({ name }) => name);
};
