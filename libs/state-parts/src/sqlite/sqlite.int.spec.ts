import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { capturePart, compareReports, reportPart, restorePart, toolsFor } from '../index.js';
import { giveTo, makeParents } from '../places.js';
import { failureOf, partOf, testSites, type TestSites } from '../site.fixture.js';
import type { Site } from '../state-part.js';

const SCHEMA = `
  CREATE TABLE person (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, picture BLOB, score REAL,
    twice REAL GENERATED ALWAYS AS (score * 2) STORED);
  INSERT INTO person (name, picture, score) VALUES ('Zoë 🐱 \n '' "', x'00ff00', 1/3.0), (NULL, NULL, NULL), ('same', x'', 1e300),
    ('same', x'', 1e300), (printf('%.5000000c', 'x'), zeroblob(3000000), 0);
  CREATE TABLE large (n INTEGER); INSERT INTO large VALUES (9007199254740993), (-9223372036854775808), (9223372036854775807);
  CREATE TABLE "odd ""name" ("spal te" PRIMARY KEY, t TEXT) WITHOUT ROWID;
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
    INSERT INTO "odd ""name" SELECT i, 'row ' || i FROM n;
  CREATE TABLE log (t TEXT);
  CREATE TABLE cache (k TEXT); INSERT INTO cache VALUES ('a secret key');
  CREATE TRIGGER noted AFTER DELETE ON cache BEGIN INSERT INTO log VALUES ('deleted'); END;
  CREATE VIEW named AS SELECT name FROM person;
`;
const part = partOf('sqlite', 'database/app.db', { leaveOut: [{ path: 'cache' }] });
const counts = [{ name: 'people', sql: 'SELECT COUNT(*) FROM person' }];

describe('a part of kind sqlite', () => {
  let sites: TestSites;
  let source: Site;
  const file = (site: Site) => join(site.folder, part.path);

  const inSqlite = async (site: Site, sql: string) => {
    await makeParents(site, part);
    const database = new DatabaseSync(file(site));
    database.exec(sql);
    const beside = (await readdir(dirname(file(site)))).map((name) => join(dirname(file(site)), name));
    await giveTo(site, ...beside);
    return database;
  };
  const asked = async (site: Site, sql: string) => {
    using database = await inSqlite(site, '');
    return database.prepare(sql).all();
  };
  beforeEach(async () => {
    sites = await testSites();
    source = await sites.site('source');
    (await inSqlite(source, SCHEMA)).close();
  });
  afterEach(async () => {
    await sites[Symbol.asyncDispose]();
  });

  test('comes back equal elsewhere, without the rows that are left out', async () => {
    expect(await toolsFor('sqlite')).toMatchObject({ available: true });
    const captured = await sites.folder('captured');
    const before = await reportPart(source, part, counts);
    expect(await capturePart(source, part, captured)).toEqual(['database.sqlite']);
    const target = await sites.site('target');
    await restorePart(target, part, captured);
    const after = await reportPart(target, part, counts);
    expect(compareReports([before], [after])).toEqual([]);
    expect(after.counts).toEqual({ people: 5 });
    expect(after.tables.map(({ name, count }) => [name, count])).toEqual([
      ['large', 3],
      ['log', 0],
      ['odd "name', 100_000],
      ['person', 5],
      ['sqlite_sequence', 1],
      ['(schema)', 8],
    ]);
    expect(await asked(target, 'SELECT (SELECT count(*) FROM cache) AS cache, count(*) AS log FROM log')).toEqual([
      { cache: 0, log: 0 },
    ]);
    expect((await readFile(join(captured, 'database.sqlite'))).includes('a secret key')).toBe(false);
    expect(await readdir(dirname(file(source)))).toEqual(['app.db']);
    expect(await readdir(dirname(file(target)))).toEqual(['app.db']);
    const { uid, mode } = await stat(file(target));
    expect([uid, mode & 0o777]).toEqual([target.user?.uid ?? process.getuid?.(), 0o600]);
  });

  test('what is only in a write-ahead log that was left behind is captured', async () => {
    const open = await inSqlite(
      source,
      `PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; INSERT INTO log VALUES ('in the log')`,
    );
    const site = await sites.site('crashed');
    await makeParents(site, part);
    for (const end of ['', '-wal']) {
      await writeFile(file(site) + end, await readFile(file(source) + end));
      await giveTo(site, file(site) + end);
    }
    open.close();
    const captured = await sites.folder('captured');
    await capturePart(site, part, captured);
    const target = await sites.site('target');
    await inSqlite(target, 'PRAGMA journal_mode = WAL; CREATE TABLE old (x)').then((old) => old.close());
    await restorePart(target, part, captured);
    await restorePart(target, part, captured);
    expect(await asked(target, 'SELECT t FROM log')).toEqual([{ t: 'in the log' }]);
  });

  test('a changed value, a lost row and a missing table are found by name', async () => {
    const before = await reportPart(source, part, counts);
    const change = `UPDATE large SET n = n - 1 WHERE n = 9007199254740993; DELETE FROM person WHERE id = 3; DROP TABLE log;`;
    (await inSqlite(source, change)).close();
    const found = compareReports([before], [await reportPart(source, part, counts)]);
    expect(found.map(({ name, what }) => [name, what])).toEqual([
      ['table large', 'digest'],
      ['table log', 'missing'],
      ['table person', 'count'],
      ['table person', 'digest'],
      ['table (schema)', 'count'],
      ['table (schema)', 'digest'],
      ['count people', 'count'],
    ]);
  });

  test('a damaged or broken-off copy changes nothing, and a link is not followed', async () => {
    const captured = await sites.folder('captured');
    await capturePart(source, part, captured);
    await truncate(join(captured, 'database.sqlite'), 100_000);
    const target = await sites.site('target');
    (await inSqlite(target, 'CREATE TABLE old (x)')).close();
    expect(await failureOf(restorePart(target, part, captured))).toMatchObject({ code: 'state-unreadable' });
    expect(await asked(target, 'SELECT count(*) AS n FROM old')).toEqual([{ n: 0 }]);
    await symlink(file(source), join(target.folder, 'link.db'));
    const linked = { ...part, path: 'link.db' };
    expect(await failureOf(reportPart(target, linked, []))).toMatchObject({ code: 'part-outside' });
    const outside = { ...part, path: '../source/database/app.db' };
    expect(await failureOf(reportPart(target, outside, []))).toMatchObject({ code: 'part-outside' });
    expect(await failureOf(reportPart(target, { ...part, path: 'none.db' }, []))).toMatchObject({
      code: 'part-missing',
    });
  });
});
