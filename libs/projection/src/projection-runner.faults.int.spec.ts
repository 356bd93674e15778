import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { comparePositions } from '@freehold/kernel';
import { memoryLog, type Log } from '@freehold/log';
import { claimGround, type ClaimedGround, eventually } from '@freehold/supervisor/testing';
import fc from 'fast-check';
import type { MikroORM } from '@mikro-orm/postgresql';
import { randomUUID } from 'node:crypto';
import { replayAll } from './fold.js';
import { ormFor } from './orm.js';
import { ViewsUnavailable } from './projection.errors.js';
import { type ProjectionRunner, projectionRunner } from './projection-runner.js';
import { answerLosingProxy } from './testing/answer-losing.proxy.js';
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
  thingView,
} from './testing/thing.fixture.js';

const views = [thingView, ownedView];
const soon = { timeoutMs: 45_000 };
const ids = Array.from({ length: 4 }, () => randomUUID());
const operators = [randomUUID(), randomUUID(), '_'];

async function expectRowsOf(runner: ProjectionRunner, log: Log): Promise<void> {
  const head = await log.head();
  await runner.waitFor(head, soon);
  const replayed = await replayAll([thing, owned], log.range('1:0', head), head);
  expect(await storedRows(runner, thingView)).toEqual(replayed.get('thing'));
  expect(await storedRows(runner, ownedView)).toEqual(replayed.get('owned-things'));
}

/** With new rows: those of an earlier log in the same tables are gone. */
async function rebuilt(runner: ProjectionRunner): Promise<void> {
  expect(await runner.replaced(await runner.rebuild(), soon)).toBe(true);
}

describe('rows in PostgreSQL equal those of a replay in memory', () => {
  let ground: ClaimedGround;
  let orm: MikroORM;

  beforeAll(async () => {
    ground = await claimGround();
    orm = ormFor({ connection: ground.database, views });
  });
  afterAll(async () => {
    await orm.close();
    await ground.release();
  });

  const running = async (log: Log, work: (runner: ProjectionRunner) => Promise<void>, batchSize = 3): Promise<void> => {
    const runner = projectionRunner({ log, orm, views, name: 'test', logger: silent, batchSize, idleMs: 50 });
    runner.start();
    try {
      await eventually(() => runner.state().kind === 'following' || runner.state().kind === 'rebuilding');
      await rebuilt(runner);
      await work(runner);
    } finally {
      await runner.stop();
    }
  };

  const killSessions = () =>
    orm.em.execute<{ killed: boolean }[]>(
      'select pg_terminate_backend(pid) as killed from pg_stat_activity where usename = current_user and pid <> pg_backend_pid()',
    );

  it('whatever happens to the aggregates, in batches of any size', async () => {
    const name = fc.string({ unit: 'binary', maxLength: 8 });
    const happening = fc.oneof(
      fc.record({ kind: fc.constant('made' as const), name, size: fc.integer({ min: -3, max: 9 }) }),
      fc.record({ kind: fc.constant('renamed' as const), name }),
      fc.record({ kind: fc.constant('gone' as const) }),
    );
    const commit = fc.record({
      id: fc.constantFrom(...ids),
      operator: fc.constantFrom(...operators),
      events: fc.array(happening, { minLength: 1, maxLength: 3 }),
    });
    const batch = fc.integer({ min: 1, max: 9 });
    const volume = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant(Infinity));
    await fc.assert(
      fc.asyncProperty(fc.array(commit, { maxLength: 25 }), batch, volume, async (commits, size, commitsPerVolume) => {
        const log = memoryLog({ commitsPerVolume });
        await running(
          log,
          async (runner) => {
            for (const { id, operator, events } of commits) {
              const recorded = events.map((event) => {
                if (event.kind === 'gone') return gone;
                return event.kind === 'made' ? made(event.name, event.size) : renamed(event.name);
              });
              await append(log, { operator, id: idOf(operator, id) }, ...recorded);
            }
            await expectRowsOf(runner, log);
          },
          size,
        );
      }),
      { numRuns: 40 },
    );
  });

  it('when sessions are killed in the middle, again and again', async () => {
    const log = memoryLog();
    await running(log, async (runner) => {
      let killed = 0;
      // More often than the pool is large: what a lost connection leaves behind must not add up.
      for (let count = 0; count < 240; count += 1) {
        const id = ids[count % ids.length] ?? '';
        const recorded = count < ids.length ? made('0') : renamed(String(count));
        const position = await append(log, { operator: operators[0] ?? '', id }, recorded);
        if (count % 20 !== 19) continue;
        await eventually(() => comparePositions(runner.position(), position) > -10, { intervalMs: 1 });
        killed += (await killSessions()).length;
      }
      expect(killed).toBeGreaterThan(8);
      await expectRowsOf(runner, log);
    });
  });

  it('when a transaction was committed and the answer got lost', async () => {
    const log = memoryLog();
    const proxy = await answerLosingProxy({ folder: ground.folder, server: ground.database });
    const through = ormFor({ connection: { ...ground.database, host: proxy.folder }, views });
    const runner = projectionRunner({ log, orm: through, views, name: 'test', logger: silent, idleMs: 60_000 });
    try {
      const place = { operator: operators[0] ?? '', id: ids[0] ?? '' };
      await append(log, place, made('a'));
      runner.start();
      await runner.waitFor('1:1', soon);
      await rebuilt(runner);
      proxy.loseNextCommit();
      await append(log, place, renamed('b'));
      await append(log, place, renamed('c'));
      await expectRowsOf(runner, log);
      expect(proxy.lost()).toBe(1);
      expect((await storedRows(runner, thingView)).get(place.id)?.row).toMatchObject({ former: ['a', 'b'] });
    } finally {
      await runner.stop();
      await through.close();
      await proxy.close();
    }
  });

  it('when the tables are dropped while nothing happens', async () => {
    const log = memoryLog();
    await running(log, async (runner) => {
      await append(log, { operator: operators[0] ?? '', id: ids[0] ?? '' }, made('a'));
      await runner.waitFor('1:1', soon);
      await orm.em.execute('drop table edition', [], 'run');
      await expect(storedRows(runner, thingView)).rejects.toBeInstanceOf(ViewsUnavailable);
      expect(
        await eventually(async () => (await storedRows(runner, thingView).catch(() => new Map())).size === 1),
      ).toBe(true);
      await expectRowsOf(runner, log);
    });
  });
});

/** An id that no other operator has. */
const idOf = (operator: string, id: string): string => `${id.slice(0, -1)}${operators.indexOf(operator)}`;
