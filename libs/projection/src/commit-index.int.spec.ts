import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Position } from '@freehold/kernel';
import { memoryLog } from '@freehold/log';
import { claimGround, type ClaimedGround } from '@freehold/supervisor/testing';
import type { MikroORM } from '@mikro-orm/postgresql';
import { randomUUID } from 'node:crypto';
import { commitIndexView } from './commit-index.js';
import { type CommitIndexQueries, commitIndexQueries } from './commit-index-queries.js';
import { ormFor } from './orm.js';
import { type ProjectionRunner, projectionRunner } from './projection-runner.js';
import { append, made, renamed, silent } from './testing/thing.fixture.js';

/** Stream times in ms after the start: the clock stands, steps back, and runs ahead. */
const TIMES = [10, 20, 20, 15, 30, 12, 40, 100, 50, 60, 120, 121];
const START_MS = Date.parse('2026-11-21T09:30:00Z');
const instant = (ms: number, digits = ''): string => new Date(START_MS + ms).toISOString().replace('Z', `${digits}Z`);

describe('the index of commits', () => {
  let count = 0;
  const log = memoryLog({ clock: () => new Date(START_MS + (TIMES[count++] ?? 200)) });
  const operators = [randomUUID(), randomUUID()] as const;
  const id = randomUUID();
  let ground: ClaimedGround;
  let orm: MikroORM;
  let runner: ProjectionRunner;
  let index: CommitIndexQueries;

  beforeAll(async () => {
    ground = await claimGround();
    orm = ormFor({ connection: ground.database, views: [commitIndexView] });
    runner = projectionRunner({ log, orm, views: [commitIndexView], name: 'audit', logger: silent, batchSize: 5 });
    index = commitIndexQueries({ runner, log });
    runner.start();
    for (const [place] of TIMES.entries()) {
      if (place % 3 === 0) await append(log, { operator: operators[0], id }, made('a'), renamed('b'));
      else
        await append(log, { operator: operators[1], id: randomUUID() }, { type: 'accounts.never-seen.v9', data: {} });
    }
  });
  afterAll(async () => {
    await runner.stop();
    await orm.close();
    await ground.release();
  });

  /** By definition: the longest prefix whose running maximum is not after `ms`. */
  const prefixAt = (ms: number): Position => {
    const ends = TIMES.findIndex((time) => time > ms);
    return `1:${ends === -1 ? TIMES.length : ends}`;
  };

  it('tells which position an instant is, also where stream time steps back', async () => {
    for (const ms of [0, 9, 10, 11, 12, 15, 19, 20, 25, 30, 39, 40, 50, 60, 99, 100, 119, 120, 121, 500]) {
      expect([ms, await index.positionAt(instant(ms))]).toEqual([ms, prefixAt(ms)]);
    }
  });

  it('is exact to the nanosecond', async () => {
    expect(await index.positionAt(instant(9, '999999'))).toBe('1:0');
    expect(await index.positionAt(instant(10, '000000'))).toBe('1:1');
  });

  it('knows the ends of time, which no clock of the log reaches', async () => {
    expect(await index.positionAt('0001-01-01T00:00:00Z')).toBe('1:0');
    expect(await index.positionAt('9999-12-31T23:59:59Z')).toBe(`1:${TIMES.length}`);
  });

  it('refuses what is no instant', async () => {
    await expect(index.positionAt('yesterday')).rejects.toBeInstanceOf(RangeError);
  });

  it('lists an operator’s commits, newest first, page by page', async () => {
    const first = await index.byOperator(operators[0], { limit: 3 });
    expect(first.map((commit) => commit.id)).toEqual(['1:10', '1:7', '1:4']);
    const rest = await index.byOperator(operators[0], { limit: 3, before: '1:4' });
    expect(rest.map((commit) => commit.id)).toEqual(['1:1']);
    expect(first[0]).toMatchObject({
      ...{ sequence: 10, volume: 1, operator: operators[0], context: 'accounts', aggregate: 'thing', aggregateId: id },
      ...{ version: 4, types: ['accounts.thing-made.v1', 'accounts.thing-renamed.v1'] },
      time: `${START_MS + 60}000000`,
    });
  });

  it('lists an aggregate’s commits, and all', async () => {
    const name = { context: 'accounts', operator: operators[0], aggregate: 'thing', id } as const;
    expect((await index.byAggregate(name, { limit: 10 })).map(({ version }) => version)).toEqual([4, 3, 2, 1]);
    const all = await index.all({ limit: 100 });
    expect(all.map(({ sequence }) => sequence)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect((await index.all({ limit: 2, before: '1:3' })).map((commit) => commit.id)).toEqual(['1:2', '1:1']);
  });
});
