/** A database that is copied while its server runs, and what has changed since, for real. @needs postgres */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@freehold/supervisor/testing';
import { runProgram } from '../engine/run-program.js';
import { giveTo } from '../places.js';
import { partOf, testSites, type TestSites } from '../site.fixture.js';
import type { PartReport, Site } from '../state-part.js';
import {
  capturePartReported,
  compareReports,
  copyAhead,
  makeReady,
  reportPart,
  restorePartReported,
  settle,
} from '../index.js';
import { COPY_SUMS } from '../state-part.js';
import { CHANGES } from './postgres-changes.js';
import { DUMP, RECORD } from './postgres-dump.js';
import { postgresBin, dataVersion } from './postgres-engine.js';
import { inPlace, inPostgres, postgresState } from './postgres.fixture.js';

const SCHEMA = `
  set role app;
  create table person (id bigserial primary key, name text, born timestamptz, score double precision,
    twice double precision generated always as (score * 2) stored, picture bytea, tags text[], extra jsonb);
  insert into person (name, born, score, picture, tags, extra) select 'name ' || i, now(), i / 3.0, sha256(i::text::bytea),
    array['a', null, E'b\\\\"\\n' || i], json_build_object('k', i) from generate_series(1, 20000) i;
  create table "Odd ""Name" ("Spal te" int, t text);
  insert into "Odd ""Name" select i / 2, E'row\\t\\\\.\\n' || i / 2 from generate_series(1, 5000) i;
  create table post (id int primary key, author bigint references person, body text) partition by range (id);
  create table post_low partition of post for values from (0) to (1000);
  create table post_high partition of post for values from (1000) to (9999999);
  insert into post select i, i, 'post ' || i from generate_series(1, 2000) i;
  create materialized view popular as select author, count(*) from post group by author;
  create table visit (id bigint generated always as identity primary key, place text);
  insert into visit (place) select 'place ' || i from generate_series(1, 100) i;
  create table cache (k text); insert into cache values ('gone');
  create function refuse() returns trigger language plpgsql as 'begin raise exception ''a trigger ran''; end';
  create trigger refuse before insert or update or delete on post_low for each row execute function refuse();
  alter table post_low disable trigger refuse;
`;
const part = {
  ...partOf('postgres', 'postgres', { name: 'db', database: 'app', leaveOut: [{ path: 'cache' }] }),
  socket: 'run',
};
const counts = [{ name: 'people', sql: 'SELECT COUNT(*) FROM person' }];

describe('a database that is copied ahead', () => {
  let sites: TestSites;
  let source: Site;
  let base: string;
  let target: Site;
  let number = 0;

  beforeAll(async () => {
    sites = await testSites();
    source = await sites.site('source');
    await postgresState(source, SCHEMA);
    await inPostgres(source, 'app', 'alter table post_low enable trigger refuse');
    base = await sites.folder('base');
    await using _server = await running(source);
    expect(await copyAhead(source, part, base)).toEqual([DUMP, RECORD]);
    await inRunning(source, `insert into cache values ('x')`);
  }, 360_000);
  afterAll(async () => {
    await sites[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    number += 1;
    target = await sites.site(`target-${number}`);
  });

  /** Restored there from what `capture` wrote, after a base was made ready. */
  async function moved(): Promise<{ before: PartReport; after: PartReport; files: string[] }> {
    const into = await sites.folder(`into-${number}`);
    const before = await capturePartReported({ site: source, part, into, base, counts, options: {} });
    const after = await restorePartReported({ site: target, part, from: into, counts, options: {} });
    return { before, after, files: (await readdir(into)).sort() };
  }

  test('nothing has changed: the ready cluster is used, and nothing is loaded', async () => {
    await makeReady(target, part, base);
    const ready = join(target.folder, 'postgres.freehold-restoring');
    const made = await readFile(join(ready, 'freehold-ready.json'), 'utf8');
    await makeReady(target, part, base); // as after a crash
    expect(await readFile(join(ready, 'freehold-ready.json'), 'utf8')).toBe(made);
    await inPlace(target, 'postgres.freehold-restoring', 'app', 'create table mark (id int)');
    const { before, after, files } = await moved();
    expect(files).toEqual([CHANGES, DUMP, RECORD]);
    expect(compareReports([before], [after]).map(({ name }) => name)).toEqual(['table public.mark']);
    expect(await readdir(target.folder)).toEqual(['postgres']);
  }, 360_000);

  test('rows have only changed: they are named by their keys', async () => {
    await makeReady(target, part, base);
    await inPostgres(source, 'app', `update person set name = 'new ' || id where id % 100 = 0`);
    const { before, after } = await moved();
    expect(compareReports([before], [after])).toEqual([]);
    const changes = await readFile(join(sites.root, `into-${number}`, CHANGES), 'utf8');
    expect(changes).toContain('copy pg_temp.fresh (');
    expect(changes).not.toContain('copy pg_temp.kept from stdin');
    expect(changes.split('\n').length).toBeLessThan(500);
  }, 360_000);

  test('rows came, changed and went; sequences, keys, and tables without one', async () => {
    await makeReady(target, part, base);
    await inPostgres(
      source,
      'app',
      `set session_replication_role = replica; update person set name = E'x\\\\.\\n\\t' || id, id = -id where id % 1999 = 0 and id > 2000; delete from person where id = 20000;
       insert into person (name, score) values (null, 'NaN'), ('', '-infinity');
       delete from "Odd ""Name" where ctid = (select min(ctid) from "Odd ""Name" where "Spal te" = 7);
       insert into "Odd ""Name" values (null, null), (null, null);
       update post_low set body = 'changed' where id = 5; update post set id = 1500000 where id = 1500;
       update visit set place = 'elsewhere' where id = 3; insert into visit (place) values ('new');
       select nextval('person_id_seq')`,
    );
    const { before, after, files } = await moved();
    expect(files).toEqual([CHANGES, DUMP, RECORD]);
    expect(compareReports([before], [after])).toEqual([]);
    const whole = await reportPart(source, part, counts);
    expect(compareReports([whole], [await reportPart(target, part, counts)])).toEqual([]);
    expect(before.tables.map(({ name, count }) => [name, count])).toEqual(whole.tables.map((t) => [t.name, t.count]));
    expect(after.counts).toEqual({ people: 20_001 });
    const lines = (await readFile(join(sites.root, `into-${number}`, CHANGES), 'utf8')).split('\n').length;
    expect(lines).toBeLessThan(2_000);
    expect(await inPostgres(target, 'app', 'select count(*) from popular')).toEqual(['2000']);
    expect(await inPostgres(target, 'app', 'select count(*) from cache')).toEqual(['0']);
    await expect(inPostgres(target, 'app', 'delete from post where id = 5')).rejects.toThrow('function refuse()');
  }, 360_000);

  test('a row that is not what it was on the other side is found, whether it was copied or came with changes', async () => {
    await inPostgres(source, 'app', `update person set name = 'newer' where id = 11`);
    const names = async (sql: string, at: 'copied' | 'changed') => {
      number += 1;
      target = await sites.site(`target-${number}`);
      const own = await sites.folder(`own-base-${number}`);
      await cp(base, own, { recursive: true });
      if (at === 'copied') await spoilCopy(own, sql);
      await makeReady(target, part, own);
      const into = await sites.folder(`into-${number}`);
      const before = await capturePartReported({ site: source, part, into, base: own, counts, options: {} });
      if (at === 'changed') {
        const changes = await readFile(join(into, CHANGES), 'utf8');
        expect(changes).toContain('newer');
        await writeFile(join(into, CHANGES), changes.replace('newer', sql));
      }
      const after = await restorePartReported({ site: target, part, from: into, counts, options: {} });
      return compareReports([before], [after]).map(({ name, what }) => `${name} ${what}`);
    };
    expect(await names('other', 'changed')).toEqual(['table public.person digest']);
    expect(await names('public.person', 'copied')).toEqual(['table public.person digest']);
  }, 360_000);

  test('a role, a definition, a large object, or most rows: everything is dumped anew', async () => {
    const changes = [
      ['create role other', 'drop role other'],
      ['alter table cache add column v int', 'alter table cache drop column v'],
      [`select lo_from_bytea(77, 'x')`, 'select lo_unlink(77)'],
      [`update person set name = 'all'`, 'select 1'],
    ] as const;
    for (const [sql, undo] of changes) {
      await inPostgres(source, 'app', sql);
      number += 1;
      target = await sites.site(`target-${number}`);
      if (sql.startsWith('create')) await makeReady(target, part, base);
      const { before, after, files } = await moved();
      expect(files).toEqual([DUMP, RECORD]);
      expect(compareReports([before], [after])).toEqual([]);
      await inPostgres(source, 'app', undo);
    }
  }, 540_000);

  test('a restore that was cut while changes were applied begins with the dump again', async () => {
    const into = await sites.folder('into-cut');
    const from = await sites.site('cut-source');
    await postgresState(from, SCHEMA);
    const cutBase = await sites.folder('cut-base');
    {
      await using _server = await running(from);
      await copyAhead(from, part, cutBase);
    }
    await inPostgres(from, 'app', 'delete from person where id > 19000');
    const before = await capturePartReported({ site: from, part, into, base: cutBase, counts, options: {} });
    await makeReady(target, part, cutBase);
    const aborted = new AbortController();
    const options = { signal: aborted.signal };
    const cut = restorePartReported({ site: target, part, from: into, counts, options });
    const marker = join(target.folder, 'postgres.freehold-restoring', 'freehold-ready.json');
    const isGone = () =>
      access(marker).then(
        () => false,
        () => true,
      );
    expect(await eventually(isGone, { intervalMs: 1 })).toBe(true);
    aborted.abort(new Error('cut'));
    await expect(cut).rejects.toThrow('cut');
    const after = await restorePartReported({ site: target, part, from: into, counts, options: {} });
    expect(compareReports([before], [after])).toEqual([]);
  }, 360_000);

  test('what a part of an open transaction had written when the copy was taken comes with the changes', async () => {
    const from = await sites.site('open-source');
    await postgresState(from, SCHEMA);
    const own = await sites.folder('open-base');
    {
      await using _server = await running(from);
      const writer = await psqlIn(from);
      const ended = once(writer, 'close');
      writer.stdin?.write(`begin; savepoint one; update person set name = 'in part' where id = 42; release one;\n`);
      const open = `select count(*) from pg_stat_activity where state = 'idle in transaction' and query ~ '^release'`;
      expect(await eventually(async () => (await inRunning(from, open)).trim() === '1')).toBe(true);
      await inRunning(from, `update person set name = 'later, and seen' where id = 43`);
      await copyAhead(from, part, own);
      writer.stdin?.end('commit;\n');
      await ended;
    }
    const into = await sites.folder('open-into');
    const before = await capturePartReported({ site: from, part, into, base: own, counts, options: {} });
    const after = await restorePartReported({ site: target, part, from: into, counts, options: {} });
    expect(compareReports([before], [after])).toEqual([]);
    expect(await inPostgres(target, 'app', 'select name from person where id = 42')).toEqual(['in part']);
  }, 360_000);

  test('is read and written down by its own server before that is stopped', async () => {
    await using _server = await running(source);
    const redo = () => inRunning(source, 'select redo_lsn from pg_control_checkpoint()');
    const reads = () => inRunning(source, `select seq_scan from pg_stat_user_tables where relname = 'person'`);
    await inRunning(source, `insert into cache values ('written down')`);
    const before = { redo: await redo(), reads: Number(await reads()) };
    await settle(source, part);
    expect(await redo()).not.toBe(before.redo);
    expect(await eventually(async () => Number(await reads()) > before.reads)).toBe(true);
  });

  test('a part that does not say where its server is reached is not copied ahead', async () => {
    const { socket: _socket, ...silent } = part;
    expect(await copyAhead(source, silent, await sites.folder('none'))).toBeNull();
  });
});

/** Of a table another digest than its rows in the dump have. */
async function spoilCopy(base: string, table: string): Promise<void> {
  const file = join(base, COPY_SUMS);
  const [head = '', ...lines] = (await readFile(file, 'utf8')).split('\n');
  const spoilt = head.replace(`["${table}","0 20000 `, `["${table}","0 20000 1`);
  expect(spoilt).not.toBe(head);
  await writeFile(file, [spoilt, ...lines].join('\n'));
}

/** As an application runs its server: its socket in `run`. */
async function running(site: Site): Promise<AsyncDisposable> {
  const bin = await postgresBin((await dataVersion(join(site.folder, 'postgres'))) ?? 0);
  const run = join(site.folder, 'run');
  await mkdir(run, { recursive: true, mode: 0o700 });
  await giveTo(site, run);
  const args = ['-D', 'postgres', '-k', run, '-c', 'listen_addresses='];
  const who = site.user === null ? {} : { uid: site.user.uid, gid: site.user.gid };
  const server: ChildProcess = spawn(join(bin, 'postgres'), args, { cwd: site.folder, stdio: 'ignore', ...who });
  const ready = () =>
    inRunning(site, 'select 1').then(
      () => true,
      () => false,
    );
  expect(await eventually(ready, { timeoutMs: 90_000 })).toBe(true);
  return {
    [Symbol.asyncDispose]: async () => {
      const ended = once(server, 'close');
      server.kill('SIGINT');
      await ended;
    },
  };
}

async function inRunning(site: Site, sql: string): Promise<string> {
  const { program, args } = await psqlOf(site);
  return runProgram({ program, args: [...args, '-c', sql], user: site.user, cwd: site.folder });
}

/** Statements come through its standard input. */
async function psqlIn(site: Site): Promise<ChildProcess> {
  const { program, args } = await psqlOf(site);
  const who = site.user === null ? {} : { uid: site.user.uid, gid: site.user.gid };
  return spawn(program, args, { cwd: site.folder, stdio: ['pipe', 'ignore', 'ignore'], ...who });
}

async function psqlOf(site: Site): Promise<{ program: string; args: string[] }> {
  const bin = await postgresBin((await dataVersion(join(site.folder, 'postgres'))) ?? 0);
  return {
    program: join(bin, 'psql'),
    args: ['-XAtq', '-h', '/proc/self/cwd/run', '-U', 'postgres', '-d', 'app'],
  };
}
