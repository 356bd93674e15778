import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { comparePositions } from '@freehold/kernel';
import { type Log, memoryLog } from '@freehold/log';
import { claimGround, type ClaimedGround, eventually } from '@freehold/supervisor/testing';
import type { MikroORM } from '@mikro-orm/postgresql';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { replayAll } from './fold.js';
import { ormFor } from './orm.js';
import type { SourceEvent } from './projection.js';
import { ViewsUnavailable } from './projection.errors.js';
import { type ProjectionRunner, projectionRunner } from './projection-runner.js';
import { type GatedLog, gatedLog } from './testing/gated.log.js';
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
const soon = { timeoutMs: 45_000 };
const operator = randomUUID();
const ids = Array.from({ length: 6 }, () => randomUUID());
/** Where volumes of the log end changes nothing. */
const commitsPerVolume = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant(Infinity));

describe('rows are built anew beside those that serve', () => {
  let ground: ClaimedGround;
  let orm: MikroORM;
  let running: ProjectionRunner[] = [];
  let gates: GatedLog[] = [];

  beforeAll(async () => {
    ground = await claimGround();
    orm = ormFor({ connection: ground.database, views });
  });
  afterAll(async () => {
    await orm.close();
    await ground.release();
  });

  const starting = async (log: Log): Promise<ProjectionRunner> => {
    const runner = projectionRunner({ log, orm, views, name: 'test', logger: silent, idleMs: 20, rowsInMemory: 2 });
    running.push(runner);
    runner.start();
    await runner.waitFor('1:0', soon);
    expect(await runner.replaced(0, soon)).toBe(true);
    return runner;
  };
  const gated = (inner: Log): GatedLog => {
    const gate = gatedLog(inner);
    gates.push(gate);
    return gate;
  };
  const within = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } finally {
      for (const gate of gates) gate.open();
      await Promise.all(running.map((runner) => runner.stop()));
      [running, gates] = [[], []];
      for (const { name } of await tables()) await orm.em.execute(`drop table "${name}"`, [], 'run');
    }
  };
  const tables = () =>
    orm.em.execute<{ name: string }[]>(
      'select tablename as name from pg_tables where schemaname = current_schema order by 1',
    );
  const editions = () => orm.em.execute<{ number: number }[]>('select number from edition order by 1');
  const killSessions = () =>
    orm.em.execute<{ killed: boolean }[]>(
      'select pg_terminate_backend(pid) as killed from pg_stat_activity where usename = current_user and pid <> pg_backend_pid()',
    );
  const expectRowsOf = async (runner: ProjectionRunner, log: Log): Promise<void> => {
    const head = await log.head();
    await runner.waitFor(head, soon);
    const replayed = await replayAll([thing, owned], log.range('1:0', head), head);
    expect(await storedRows(runner, thingView)).toEqual(replayed.get('thing'));
    expect(await storedRows(runner, ownedView)).toEqual(replayed.get('owned-things'));
  };
  const some = async (log: Log, count: number): Promise<void> => {
    for (const id of ids) if ((await log.head()) === '1:0') await append(log, { operator, id }, made('0'));
    for (let n = 0; n < count; n += 1) {
      await append(log, { operator, id: ids[n % ids.length] ?? '' }, n % 7 === 6 ? gone : made(`${n}`), renamed('x'));
    }
  };

  it('whatever happens before, meanwhile and after, with few rows in memory', () =>
    within(async () => {
      const part = fc.array(
        fc.record({ id: fc.nat({ max: 5 }), kind: fc.constantFrom('made', 'renamed', 'gone'), name: fc.string() }),
        { maxLength: 15 },
      );
      await fc.assert(
        fc.asyncProperty(part, part, part, commitsPerVolume, async (before, meanwhile, after, each) => {
          const inner = memoryLog({ commitsPerVolume: each });
          const { log, ...gate } = gated(inner);
          const write = async (happenings: typeof before): Promise<void> => {
            for (const { id, kind, name } of happenings) {
              const happened = kind === 'made' ? made(name) : kind === 'gone' ? gone : renamed(name);
              await append(log, { operator, id: ids[id] ?? '' }, happened);
            }
          };
          await append(log, { operator, id: ids[0] ?? '' }, made('first'));
          const runner = await starting(log);
          await write(before);
          gate.close();
          const number = await runner.rebuild();
          await eventually(() => gate.halted() === 1, { intervalMs: 1 });
          await write(meanwhile);
          await expectRowsOf(runner, inner);
          gate.open();
          expect(await runner.replaced(number, soon)).toBe(true);
          await write(after);
          await expectRowsOf(runner, inner);
          await runner.stop();
        }),
        { numRuns: 12 },
      );
    }));

  it('answers all the while, and never steps back', () =>
    within(async () => {
      const log = memoryLog();
      await some(log, 30);
      const runner = await starting(log);
      let reached = runner.position();
      let asked = 0;
      const done = new AbortController();
      const asking = (async () => {
        while (!done.signal.aborted) {
          const { position, rows } = await runner.query(async (em, snapshot) => ({
            position: snapshot.position,
            rows: await em.execute<unknown[]>(`select id from ${snapshot.table(thingView)}`),
          }));
          expect(comparePositions(position, reached)).toBeGreaterThanOrEqual(0);
          expect(rows.length).toBeGreaterThan(0);
          reached = position;
          asked += 1;
        }
      })();
      for (let round = 0; round < 6; round += 1) {
        const number = await runner.rebuild();
        await some(log, 5);
        expect(await runner.replaced(number, soon)).toBe(true);
      }
      done.abort();
      await asking;
      expect(asked).toBeGreaterThan(6);
      await expectRowsOf(runner, log);
      expect(await eventually(async () => (await editions()).length === 1)).toBe(true);
      expect(await tables()).toHaveLength(1 + views.length);
    }));

  it('begins again by itself when its sessions are killed, and leaves nothing behind', () =>
    within(async () => {
      const inner = memoryLog();
      const { log, ...gate } = gated(inner);
      await some(log, 30);
      const runner = await starting(log);
      gate.close();
      const number = await runner.rebuild();
      for (let round = 0; round < 3; round += 1) {
        await eventually(() => gate.halted() === 1, { intervalMs: 1 });
        expect((await killSessions()).length).toBeGreaterThan(0);
        await some(log, 3);
        gate.open();
        gate.close();
        expect(await eventually(() => gate.halted() === 1, { intervalMs: 1 })).toBe(true);
        await expectRowsOf(runner, inner);
        expect((await editions()).at(-1)).toEqual({ number });
      }
      gate.open();
      expect(await runner.replaced(number, soon)).toBe(true);
      await expectRowsOf(runner, inner);
      expect(await tables()).toHaveLength(1 + views.length);
    }));

  it('is begun again by the next program when the one that built is gone', () =>
    within(async () => {
      const inner = memoryLog();
      const { log, ...gate } = gated(inner);
      await some(log, 10);
      const first = await starting(log);
      gate.close();
      const number = await first.rebuild();
      await eventually(() => gate.halted() === 1, { intervalMs: 1 });
      const stopped = first.stop();
      gate.open();
      await stopped;
      expect(await editions()).toEqual([{ number }]);

      const second = await starting(log);
      expect(await second.replaced(number, soon)).toBe(true);
      await expectRowsOf(second, inner);
    }));

  it('is done by one of two', () =>
    within(async () => {
      const inner = memoryLog();
      const { log, ...gate } = gated(inner);
      await some(log, 10);
      const pair = [await starting(log), await starting(log)];
      gate.close();
      const numbers = await Promise.all(pair.map((runner) => runner.rebuild()));
      await eventually(() => gate.halted() > 0, { intervalMs: 1 });
      await some(log, 10);
      for (const runner of pair) await expectRowsOf(runner, inner);
      expect(gate.halted()).toBe(1);
      gate.open();
      for (const runner of pair) expect(await runner.replaced(numbers[0] ?? 0, soon)).toBe(true);
      await some(log, 10);
      for (const runner of pair) await expectRowsOf(runner, inner);
      expect(await editions()).toEqual([{ number: (numbers[0] ?? 0) + 1 }]);
    }));

  it('serves an older program until the newer one’s rows are complete', () =>
    within(async () => {
      const inner = memoryLog();
      await some(inner, 10);
      const older = await starting(inner);
      const loud = viewEntity<ThingRow>({
        ...thing,
        version: 2,
        evolve: (row: ThingRow | null, event: SourceEvent<ThingEvent>) => shouted(thing.evolve(row, event)),
      });
      const { log, ...gate } = gated(inner);
      gate.close();
      const newerOrm = ormFor({ connection: ground.database, views: [loud, ownedView] });
      const newer = projectionRunner({ log, orm: newerOrm, views: [loud, ownedView], name: 'test', logger: silent });
      newer.start();
      try {
        await eventually(() => gate.halted() === 1, { intervalMs: 1 });
        await some(inner, 10);
        await expectRowsOf(older, inner);
        await expect(storedRows(newer, loud)).rejects.toBeInstanceOf(ViewsUnavailable);
        gate.open();
        await newer.waitFor(await inner.head(), soon);
        expect(await eventually(() => older.state().kind === 'stopped')).toBe(true);
        expect([...(await storedRows(newer, loud)).values()].map(({ row }) => row)).toContainEqual(
          expect.objectContaining({ name: 'X' }),
        );
      } finally {
        await newer.stop();
        await newerOrm.close();
      }
    }));

  it('goes on with the rows before when a commit cannot be folded', () =>
    within(async () => {
      let broken = false;
      const fragile = viewEntity<ThingRow>({
        ...thing,
        evolve: (row: ThingRow | null, event: SourceEvent<ThingEvent>) => {
          if (broken && event.position === '1:3') throw new Error('a mistake in evolve');
          return thing.evolve(row, event);
        },
      });
      const log = memoryLog();
      await some(log, 10);
      const options = { orm, views: [fragile, ownedView], name: 'test', logger: silent, idleMs: 20 };
      const runner = projectionRunner({ log, ...options });
      running.push(runner);
      runner.start();
      expect(await runner.replaced(0, soon)).toBe(true);
      broken = true;
      const number = await runner.rebuild();
      await some(log, 5);
      await expectRowsOf(runner, log);
      await expect(runner.replaced(number, soon)).rejects.toMatchObject({
        reason: expect.stringContaining('a mistake in evolve'),
      });
      expect(runner.state().kind).toBe('following');
      broken = false;
      expect(await runner.replaced(await runner.rebuild(), soon)).toBe(true);
      await expectRowsOf(runner, log);
    }));
});

const shouted = (row: ThingRow | null): ThingRow | null =>
  row === null ? null : { ...row, name: row.name.toUpperCase() };
