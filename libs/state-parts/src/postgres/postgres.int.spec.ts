/** PostgreSQL for real. @needs postgres */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { access, appendFile, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@freehold/supervisor/testing';
import { capturePart, compareReports, reportPart, restorePart, toolsFor } from '../index.js';
import { failureOf, leftRuns, partOf, testSites, type TestSites } from '../site.fixture.js';
import type { PartReport, Site } from '../state-part.js';
import { DUMP, RECORD } from './postgres-dump.js';
import { inPostgres, postgresState } from './postgres.fixture.js';
import { withPostgres } from './postgres-engine.js';

const SCHEMA = `
  set role app;
  create table person (id bigserial primary key, name text collate "C", born timestamptz, score double precision,
    twice double precision generated always as (score * 2) stored, picture bytea, tags text[], extra jsonb);
  insert into person (name, born, score, picture, tags, extra) values
    (E'Zo\\u00eb \\U0001F431 \\t\\n\\\\ ''"', '2026-03-29 02:30:00+01', 1/3.0, '\\x00ff00', '{a,"b c",NULL}', '{"k": [1, null]}'),
    ('', '-infinity', 'NaN', '', '{}', null), (null, null, null, null, null, '{}'), ('same', null, 0, null, null, null),
    ('same', null, 0, null, null, null), (repeat('long ', 2000000), null, 1e300, decode(repeat('00', 3000000), 'hex'), null, null);
  create schema "Odd ""Name";
  create table "Odd ""Name"."Tab le" ("Spal te" int, t text);
  insert into "Odd ""Name"."Tab le" select i, 'row ' || i from generate_series(1, 100000) i;
  create index on "Odd ""Name"."Tab le" ("Spal te");
  create view grown as select name from person where born < now();
  create table cache (k text, v text); insert into cache values ('secret', 'gone');
  create function shout(text) returns text language sql as 'select upper($1)';
  create sequence spare start 7; select nextval('spare');
  create table empty (id int);
  select lo_from_bytea(0, 'a large object');
`;
const part = partOf('postgres', 'postgres', { name: 'db', database: 'app', leaveOut: [{ path: 'cache' }] });
const counts = [{ name: 'people', sql: 'SELECT COUNT(*) FROM person' }];

describe('a part of kind postgres', () => {
  let sites: TestSites;
  let source: Site;
  let captured: string;
  let before: PartReport;

  beforeAll(async () => {
    expect(await toolsFor('postgres')).toMatchObject({ available: true, hint: null });
    sites = await testSites();
    source = await sites.site('source');
    await postgresState(source, SCHEMA);
    captured = await sites.folder('captured');
    before = await reportPart(source, part, counts);
    expect(await capturePart(source, part, captured)).toEqual([DUMP, RECORD]);
  }, 360_000);
  afterAll(async () => {
    await sites[Symbol.asyncDispose]();
  });

  test('comes back equal elsewhere, without the rows that are left out', async () => {
    const target = await sites.site('target');
    await restorePart(target, part, captured);
    const after = await reportPart(target, part, counts);
    expect(compareReports([before], [after])).toEqual([]);
    expect(after.counts).toEqual({ people: 6 });
    expect(after.tables.map(({ name, count }) => [name, count])).toEqual([
      ['Odd "Name.Tab le', 100_000],
      ['public.empty', 0],
      ['public.person', 6],
      ['sequence public.person_id_seq', 1],
      ['sequence public.spare', 1],
      ['(large objects)', 1],
      ['(views, indexes, triggers, functions)', 4],
    ]);
    expect(await inPostgres(target, 'app', 'select count(*) from cache')).toEqual(['0']);
    expect(await inPostgres(target, 'app', `select nextval('person_id_seq'), nextval('spare'), shout('x')`)).toEqual([
      '7|8|X',
    ]);
    const owners = `select distinct tableowner from pg_tables where schemaname !~ '^pg_|^information'`;
    expect(await inPostgres(target, 'app', owners)).toEqual(['app']);
    const roles = `select datcollate, pg_encoding_to_char(encoding), rolname, rolsuper from pg_database
      join pg_roles r on r.oid = datdba where datname = 'app'`;
    expect(await inPostgres(target, 'app', roles)).toEqual(['C|UTF8|app|f']);
    const { uid, mode } = await stat(join(target.folder, 'postgres'));
    expect([uid, mode & 0o777]).toEqual([target.user?.uid ?? process.getuid?.(), 0o700]);
    expect(await readdir(target.folder)).toEqual(['postgres']);
    expect(await leftRuns(target)).toEqual([]);
    expect(await readFile(join(captured, DUMP))).not.toContain('gone');
  }, 360_000);

  test('a changed row, a missing table and a sequence that was set back are found by name', async () => {
    const target = await sites.site('changed');
    await restorePart(target, part, captured);
    await inPostgres(
      target,
      'app',
      `update "Odd ""Name"."Tab le" set t = 'x' where "Spal te" = 77; drop table empty; select setval('spare', 1);
       delete from person where id = 5`,
    );
    const found = compareReports([before], [await reportPart(target, part, counts)]);
    expect(found.map(({ name, what }) => [name, what])).toEqual([
      ['table Odd "Name.Tab le', 'digest'],
      ['table public.empty', 'missing'],
      ['table public.person', 'count'],
      ['table public.person', 'digest'],
      ['table sequence public.spare', 'digest'],
      ['count people', 'count'],
    ]);
  }, 360_000);

  test('the target’s own configuration stays, and a restore that was cut short anywhere can be repeated', async () => {
    const target = await sites.site('again');
    await postgresState(target, 'create table old (id int)');
    await appendFile(join(target.folder, 'postgres', 'postgresql.conf'), '# kept\n');
    const aborted = new AbortController();
    const cut = restorePart(target, part, captured, { signal: aborted.signal });
    expect(
      await eventually(() =>
        access(join(target.folder, 'postgres.freehold-restoring', 'postmaster.pid')).then(
          () => true,
          () => false,
        ),
      ),
    ).toBe(true);
    aborted.abort(new Error('cut'));
    await expect(cut).rejects.toThrow('cut');
    expect(await inPostgres(target, 'app', 'select count(*) from old')).toEqual(['0']);
    expect(await leftRuns(target)).toEqual([]);
    // Between the two renames of the swap.
    await rename(join(target.folder, 'postgres'), join(target.folder, 'postgres.freehold-replaced'));
    await restorePart(target, part, captured);
    expect(compareReports([before], [await reportPart(target, part, counts)])).toEqual([]);
    expect(await readFile(join(target.folder, 'postgres', 'postgresql.conf'), 'utf8')).toContain('# kept');
    expect(await readdir(target.folder)).toEqual(['postgres']);
  }, 360_000);

  test('an engine that a killed run left, and a stale lock file, do not stand in the way', async () => {
    const site = await sites.site('killed');
    await postgresState(site, 'create table t (id int)');
    const dataFolder = join(site.folder, 'postgres');
    const leftover = await withPostgres({ site, dataFolder }, async ({ socketFolder: privateFolder, bin }) => ({
      privateFolder,
      bin,
    }));
    await sites.folder('run');
    const args = ['-D', dataFolder, '-c', `unix_socket_directories=${dataFolder}`, '-c', 'listen_addresses='];
    const mark = ['-c', `cluster_name=${leftover.privateFolder}`];
    const who = site.user === null ? {} : { uid: site.user.uid, gid: site.user.gid };
    const start = (more: string[]) =>
      spawn(join(leftover.bin, 'postgres'), [...args, ...more], {
        cwd: dataFolder,
        stdio: 'ignore',
        ...who,
      });
    const ready = async () =>
      (await readFile(join(dataFolder, 'postmaster.pid'), 'utf8').catch(() => '')).includes('ready');
    const ours = start(mark);
    expect(await eventually(ready)).toBe(true);
    expect((await reportPart(site, { ...part, leaveOut: [] }, [])).tables.map(({ name }) => name)).toEqual([
      'public.t',
    ]);
    expect(await eventually(() => ours.signalCode === 'SIGKILL')).toBe(true);
    const foreign = start([]);
    try {
      expect(await eventually(ready)).toBe(true);
      expect(await failureOf(reportPart(site, part, []))).toMatchObject({ code: 'state-in-use' });
    } finally {
      foreign.kill('SIGKILL');
    }
    expect(await eventually(() => foreign.signalCode !== null)).toBe(true);
    await writeFile(join(dataFolder, 'postmaster.pid'), `${process.pid}\n${dataFolder}\n`);
    expect(
      await eventually(async () => (await reportPart(site, part, []).catch(() => null))?.tables.length === 1),
    ).toBe(true);
  }, 360_000);

  test('says what is missing and what cannot be', async () => {
    const empty = await sites.site('empty');
    expect(await failureOf(reportPart(empty, part, []))).toMatchObject({ code: 'part-missing' });
    expect(await failureOf(reportPart(source, { ...part, database: 'none' }, []))).toMatchObject({
      code: 'part-missing',
    });
    const bad = [{ name: 'bad', sql: 'SELECT id FROM person' }];
    expect(await failureOf(reportPart(source, part, bad))).toMatchObject({ code: 'count-invalid' });
    const newer = await sites.folder('newer');
    await writeFile(join(newer, DUMP), '');
    const record = JSON.parse(await readFile(join(captured, RECORD), 'utf8'));
    await writeFile(join(newer, RECORD), JSON.stringify({ ...record, majorVersion: 99 }));
    expect(await failureOf(restorePart(empty, part, newer))).toMatchObject({ code: 'engine-version' });
    await rm(join(newer, RECORD));
    expect(await failureOf(restorePart(empty, part, newer))).toMatchObject({ code: 'part-missing' });
    expect(await failureOf(reportPart({ ...source, runFolder: `/tmp/${'x'.repeat(80)}` }, part, []))).toMatchObject({
      code: 'run-folder-unfit',
    });
  }, 180_000);
});
