import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { memoryLog } from '@freehold/log';
import { type DatabaseConnection, type Ground, startGround } from '@freehold/supervisor';
import { eventually, testGroundConfiguration } from '@freehold/supervisor/testing';
import type { MikroORM } from '@mikro-orm/postgresql';
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ormFor } from './orm.js';
import { TimedOut, ViewsUnavailable } from './projection.errors.js';
import { type ProjectionRunner, projectionRunner } from './projection-runner.js';
import { append, made, silent, storedRows, thingView } from './testing/thing.fixture.js';

const request = { name: 'views', roles: [{ name: 'accounts' }] };
const soon = { timeoutMs: 60_000 };
const place = () => ({ operator: randomUUID(), id: randomUUID() });

describe('without its database', () => {
  const folder = join(testGroundConfiguration().folder, 'projection-outage');
  const log = memoryLog();
  let ground: Ground;
  let orm: MikroORM;
  let runner: ProjectionRunner;

  const database = async (): Promise<DatabaseConnection> => {
    const { accounts } = await ground.postgres.ensureDatabase(request);
    if (accounts === undefined) throw new Error('no connection for the role "accounts"');
    return accounts;
  };

  beforeAll(async () => {
    const { natsServer } = testGroundConfiguration();
    const nats = { accounts: [], ...(natsServer === undefined ? {} : { natsServer }) };
    ground = await startGround({ folder, nats, postgres: { durable: false }, say: () => undefined });
    orm = ormFor({ connection: await database(), views: [thingView] });
    runner = projectionRunner({ log, orm, views: [thingView], name: 'test', logger: silent, idleMs: 50 });
    runner.start();
    for (const name of ['a', 'b', 'c']) await append(log, place(), made(name));
    await runner.waitFor('1:3', soon);
  }, 180_000);
  afterAll(async () => {
    await runner.stop();
    await orm.close();
    await ground.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('queries are refused, the log is written on, and the same rows come back in a database that is new and empty', async () => {
    const before = await storedRows(runner, thingView);
    expect(before.size).toBe(3);
    await ground.postgres.dropDatabase(request.name);
    await expect(storedRows(runner, thingView)).rejects.toBeInstanceOf(ViewsUnavailable);
    expect(await eventually(() => runner.state().kind === 'paused')).toBe(true);
    const last = await append(log, place(), made('d'));
    await expect(runner.waitFor(last, { timeoutMs: 50 })).rejects.toBeInstanceOf(ViewsUnavailable);

    await database();
    await runner.waitFor(last, soon);
    const after = await storedRows(runner, thingView);
    expect(after.size).toBe(4);
    for (const [key, state] of before) expect(after.get(key)).toEqual(state);
  });

  it('is noticed and mended also when nothing is asked or written', async () => {
    await ground.postgres.dropDatabase(request.name);
    expect(await eventually(() => runner.state().kind === 'paused')).toBe(true);
    await database();
    expect(await eventually(() => runner.state().kind === 'following')).toBe(true);
    expect((await storedRows(runner, thingView)).size).toBe(4);
  });

  it('goes on when the server was killed', async () => {
    const { pid } = ground.postgres;
    if (pid === undefined) throw new Error('PostgreSQL has no process id');
    process.kill(pid, 'SIGKILL');
    const last = await append(log, place(), made('e'));
    expect(await eventually(() => ground.postgres.pid !== pid && ground.status().postgres.pid !== undefined)).toBe(
      true,
    );
    await runner.waitFor(last, soon).catch(async (failure: unknown) => {
      if (!(failure instanceof ViewsUnavailable) && !(failure instanceof TimedOut)) throw failure;
      await runner.waitFor(last, soon);
    });
    expect((await storedRows(runner, thingView)).size).toBe(5);
  }, 180_000);
});
