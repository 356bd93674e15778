/** MariaDB for real. @needs mariadb */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appendFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { capturePart, compareReports, reportPart, restorePart, toolsFor } from '../index.js';
import { giveTo } from '../places.js';
import { failureOf, leftRuns, partOf, testSites, type TestSites } from '../site.fixture.js';
import type { PartReport, Site } from '../state-part.js';
import { DUMP, EVENTS } from './mysql-capture.js';
import { makeDataFolder } from './mysql-data-folder.js';
import { mysqlQuery, withMysql } from './mysql-engine.js';

const SCHEMA = `
  create database app character set utf8mb4 collate utf8mb4_unicode_ci; use app;
  create table person (id int primary key auto_increment, name varchar(200) character set latin1, mail text, picture longblob,
    score double, ratio float, price decimal(30, 10), twice double generated always as (score * 2) stored, flags bit(9),
    seen timestamp null, data json);
  insert into person (name, mail, picture, score, ratio, price, flags, seen, data) values
    ('Zoë', '🐱 \\\\ '' " \\n \\t', unhex('00ff0027225c'), 1/3, 1.1e-7, 12345678901234567890.0123456789, b'101010101', '2026-03-29 01:30:00', '{"k":[1,null]}'),
    ('', '', '', -0.0, 3.4e38, 0, 0, null, null), (null, null, null, null, null, null, null, null, null),
    ('big', repeat('long ', 10000), repeat(unhex('00'), 3000000), 1e300, null, null, null, null, null);
  create table \`odd \`\`name\` (\`spal te\` int, t varchar(40) collate utf8mb4_bin, key (\`spal te\`));
  insert into \`odd \`\`name\` select seq, concat('row ', seq) from seq_1_to_100000;
  create table cache (k text, v text); insert into cache values ('secret', 'gone');
  create definer=root@localhost view named as select name from person where name is not null;
  create definer=root@localhost trigger shy before insert on cache for each row set new.v = upper(new.v);
  create definer=root@localhost function two() returns int deterministic return 2;
`;
const part = partOf('mysql', 'mysql', { name: 'db', database: 'app', leaveOut: [{ path: 'cache' }] });
const counts = [{ name: 'people', sql: 'SELECT COUNT(*) FROM person' }];

function inMysql(site: Site, database: string, sql: string): Promise<string[]> {
  return withMysql({ site, dataFolder: join(site.folder, 'mysql'), disposable: true }, (session) =>
    mysqlQuery(session, database, sql),
  );
}

describe('a part of kind mysql', () => {
  let sites: TestSites;
  let source: Site;
  let captured: string;
  let before: PartReport;

  const prepare = async (site: Site, sql: string) => {
    await mkdir(join(site.folder, 'mysql'), { mode: 0o700 });
    await giveTo(site, join(site.folder, 'mysql'));
    await makeDataFolder(site, join(site.folder, 'mysql'));
    await inMysql(site, 'mysql', sql);
  };
  beforeAll(async () => {
    expect(await toolsFor('mysql')).toMatchObject({ available: true, hint: null });
    sites = await testSites();
    source = await sites.site('source');
    await prepare(source, SCHEMA);
    captured = await sites.folder('captured');
    before = await reportPart(source, part, counts);
    expect(await capturePart(source, part, captured)).toEqual([DUMP, EVENTS]);
  }, 360_000);
  afterAll(async () => {
    await sites[Symbol.asyncDispose]();
  });

  test('comes back equal elsewhere, without the rows that are left out and with the accounts of the target', async () => {
    const target = await sites.site('target');
    await prepare(target, `flush privileges; create user writer@localhost identified by 'x';`);
    await restorePart(target, part, captured);
    const after = await reportPart(target, part, counts);
    expect(compareReports([before], [after])).toEqual([]);
    expect(after.counts).toEqual({ people: 4 });
    expect(after.tables.map(({ name, count }) => [name, count])).toEqual([
      ['odd `name', 100_000],
      ['person', 4],
      ['(views, indexes, triggers, routines, events)', 5],
    ]);
    expect(await inMysql(target, 'app', 'select count(*) from cache; select two();')).toEqual(['0', '2']);
    const account = `select count(*) from mysql.global_priv where user = 'writer' and json_extract(priv, '$.authentication_string') is not null;`;
    expect(await inMysql(target, 'mysql', account)).toEqual(['1']);
    expect(await readdir(target.folder)).toEqual(['mysql']);
    expect(await leftRuns(target)).toEqual([]);
    expect(await readFile(join(captured, DUMP), 'utf8')).not.toContain('secret');
  }, 360_000);

  test('a changed row and a missing table are found by name; repeating the restore mends them', async () => {
    const target = await sites.site('changed');
    await restorePart(target, part, captured);
    await inMysql(target, 'app', `update person set ratio = ratio * 2 where id = 1; drop table \`odd \`\`name\`;`);
    const found = compareReports([before], [await reportPart(target, part, counts)]);
    expect(found.map(({ name, what }) => [name, what])).toEqual([
      ['table odd `name', 'missing'],
      ['table person', 'digest'],
      ['table (views, indexes, triggers, routines, events)', 'count'],
      ['table (views, indexes, triggers, routines, events)', 'digest'],
    ]);
    await restorePart(target, part, captured);
    expect(compareReports([before], [await reportPart(target, part, counts)])).toEqual([]);
  }, 360_000);

  test('a dump that tries to run a shell, or breaks off, changes nothing', async () => {
    const target = await sites.site('hostile');
    await restorePart(target, part, captured);
    const hostile = await sites.folder('hostile-dump');
    await capturePart(source, part, hostile);
    const seen = join(target.folder, 'seen');
    await appendFile(
      join(hostile, DUMP),
      `\n\\! touch ${seen}\nsystem touch ${seen}\ninsert into nowhere values (1);\n`,
    );
    expect(await failureOf(restorePart(target, part, hostile))).toMatchObject({ code: 'engine-failed' });
    expect(await readdir(target.folder)).toEqual(['mysql', 'mysql.freehold-restoring']);
    expect(compareReports([before], [await reportPart(target, part, counts)])).toEqual([]);
  }, 360_000);
});
