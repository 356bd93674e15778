import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parsePosition } from '@freehold/kernel';
import { beginVolume, ensureLogStream, jetStreamLog, type Log } from '@freehold/log';
import { claimGround, type ClaimedGround } from '@freehold/supervisor/testing';
import type { MikroORM } from '@mikro-orm/postgresql';
import { randomUUID } from 'node:crypto';
import { commitIndex, commitIndexView } from './commit-index.js';
import { commitIndexQueries } from './commit-index-queries.js';
import { replayAll } from './fold.js';
import { ormFor } from './orm.js';
import { projectionRunner } from './projection-runner.js';
import { append, made, renamed, silent, storedRows, thing, thingView } from './testing/thing.fixture.js';

const views = [thingView, commitIndexView];
const soon = { timeoutMs: 30_000 };

describe('on JetStream', () => {
  let ground: ClaimedGround;
  let orm: MikroORM;
  let log: Log;

  beforeAll(async () => {
    ground = await claimGround();
    const connection = await ground.connect();
    await ensureLogStream(connection);
    log = jetStreamLog({ connection });
    orm = ormFor({ connection: ground.database, views });
  });
  afterAll(async () => {
    await orm.close();
    await ground.release();
  });

  it('catches up, lets writers read what they wrote, stops at once, and equals the replay', async () => {
    const operator = randomUUID();
    const id = randomUUID();
    for (let count = 0; count < 40; count += 1) await append(log, { operator, id: randomUUID() }, made(`${count}`));
    const runner = projectionRunner({ log, orm, views, name: 'test', logger: silent, idleMs: 600_000 });
    runner.start();
    await runner.waitFor(await append(log, { operator, id }, made('a')), soon);
    await runner.waitFor(await append(log, { operator, id }, renamed('b')), soon);

    const head = await log.head();
    const replayed = await replayAll([thing, commitIndex], log.range('1:0', head), head);
    expect(await storedRows(runner, thingView)).toEqual(replayed.get('thing'));
    expect(await storedRows(runner, commitIndexView)).toEqual(replayed.get('commit-index'));

    const index = commitIndexQueries({ runner, log });
    const [newest] = await index.byOperator(operator, { limit: 1 });
    expect(newest).toMatchObject({ id: head, aggregateId: id, version: 2, types: ['accounts.thing-renamed.v1'] });
    expect(await index.positionAt('2100-01-01T00:00:00Z')).toBe(head);
    await runner.stop(); // does not return, were the consumer to go on until something comes
    expect(runner.state()).toMatchObject({ kind: 'stopped', position: head });
  });

  it('rebuilds out of three volumes what it had followed through them', async () => {
    const operator = randomUUID();
    const id = randomUUID();
    const runner = projectionRunner({ log, orm, views, name: 'test', logger: silent });
    runner.start();
    await append(log, { operator, id }, made('a'));
    for (const name of ['b', 'c']) {
      await beginVolume(await ground.connect());
      await append(log, { operator, id }, renamed(name));
      await append(log, { operator, id: randomUUID() }, made(name));
    }
    const head = await log.head();
    expect(parsePosition(head).volume).toBe(3);
    await runner.waitFor(head, soon);
    const rows = async () => [await storedRows(runner, thingView), await storedRows(runner, commitIndexView)];
    const followed = await rows();
    expect(await runner.replaced(await runner.rebuild(), soon)).toBe(true);
    expect(await rows()).toEqual(followed);
    const index = await commitIndexQueries({ runner, log }).byOperator(operator, { limit: 9 });
    expect(index.map(({ id: position }) => parsePosition(position).volume)).toEqual([3, 3, 2, 2, 1]);
    await runner.stop();
  });
});
