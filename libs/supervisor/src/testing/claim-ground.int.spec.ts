import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import pg from 'pg';
import { claimGround, type ClaimedGround } from './index.js';

describe('a claim on the ground of this run', () => {
  let mine: ClaimedGround;
  let other: ClaimedGround;

  beforeAll(async () => {
    [mine, other] = await Promise.all([claimGround(), claimGround()]);
  });
  afterAll(async () => {
    await Promise.all([mine.release(), other.release()]);
  });

  it('has an account whose streams nobody else sees, and gives it back empty', async () => {
    const third = await claimGround();
    const connection = await third.connect();
    const made = await connection.request('$JS.API.STREAM.CREATE.S', JSON.stringify({ name: 'S', subjects: ['s.>'] }));
    expect(made.json()).toMatchObject({ config: { name: 'S' } });
    const elsewhere = await (await other.connect()).request('$JS.API.STREAM.NAMES');
    expect(elsewhere.json<{ total: number }>().total).toBe(0);
    await third.release();

    const again = await claimGround();
    expect(again.account).toBe(third.account);
    const left = await (await again.connect()).request('$JS.API.STREAM.NAMES');
    expect(left.json<{ total: number }>().total).toBe(0);
    await again.release();
  });

  it('has a database of its own, with a schema for the role', async () => {
    const { schema, ...connection } = mine.database;
    const session = new pg.Client(connection);
    await session.connect();
    await session.query('create table thing (name text)');
    const found = await session.query("select schemaname from pg_tables where tablename = 'thing'");
    await session.end();
    expect(found.rows).toEqual([{ schemaname: schema }]);
    expect(other.database.database).not.toBe(mine.database.database);
  });

  it('keeps the roles of one database out of each other’s schemas', async () => {
    const { accounts, catalog } = await mine.databaseFor(['accounts', 'catalog']);
    const [owner, stranger] = [new pg.Client(accounts), new pg.Client(catalog)];
    await Promise.all([owner.connect(), stranger.connect()]);
    await owner.query('create table person (name text)');
    await expect(stranger.query('select * from accounts.person')).rejects.toMatchObject({ code: '42501' });
    await Promise.all([owner.end(), stranger.end()]);
  });

  it('drops a database and makes it again, empty, for the same roles', async () => {
    const { accounts } = await mine.databaseFor(['accounts']);
    if (accounts === undefined) throw new Error('there is no role "accounts"');
    const first = new pg.Client(accounts);
    first.on('error', () => undefined);
    await first.connect();
    await first.query('create table thing (name text)');
    await mine.dropDatabase(accounts.database);
    await mine.makeDatabaseAgain(accounts.database, ['accounts']);
    const again = new pg.Client(accounts);
    await again.connect();
    const found = await again.query("select from pg_tables where tablename = 'thing'");
    await again.end();
    expect(found.rowCount).toBe(0);
  });

  it('has a folder', () => {
    expect(existsSync(mine.folder)).toBe(true);
  });
});
