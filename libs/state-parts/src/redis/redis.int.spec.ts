/** Redis for real. @needs redis */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { capturePart, compareReports, reportPart, restorePart, toolsFor } from '../index.js';
import { giveTo } from '../places.js';
import { failureOf, leftRuns, partOf, testSites, type TestSites } from '../site.fixture.js';
import type { PartReport, Site } from '../state-part.js';
import { AOF_FOLDER, withRedis } from './redis-engine.js';
import type { Reply } from './resp-client.js';

const part = partOf('redis', 'redis', { leaveOut: [{ path: 'cache:*' }] });
const octets = Buffer.from(['🐱\0\r\n', 'ü'].join('')).toString('latin1');
const CONTENT = [
  ['SET', 'plain', octets],
  ['SET', octets, ''],
  ['SET', 'soon', 'gone', 'EX', '1000'],
  ['RPUSH', 'list', 'a', 'b', 'a'],
  ['HSET', 'hash', 'k', 'v', octets, octets],
  ['ZADD', 'board', '1.5', 'x', '-inf', 'y'],
  ['XADD', 'stream', '1-1', 'k', 'v'],
  ['SET', 'cache:1', 'secret'],
  ['SET', 'big', 'x'.repeat(3_000_000)],
];

describe('a part of kind redis', () => {
  let sites: TestSites;
  let source: Site;
  let captured: string;
  let before: PartReport;

  const inRedis = (site: Site, ...commands: readonly string[][]): Promise<Reply[]> =>
    withRedis({ site, dataFolder: join(site.folder, 'redis') }, async (client) => {
      const replies = await client.pipeline(commands);
      await client.call('SAVE');
      return replies;
    });
  const prepare = async (name: string): Promise<Site> => {
    const site = await sites.site(name);
    await mkdir(join(site.folder, 'redis'), { mode: 0o700 });
    await giveTo(site, join(site.folder, 'redis'));
    return site;
  };
  beforeAll(async () => {
    expect(await toolsFor('redis')).toMatchObject({ available: true, hint: null });
    sites = await testSites();
    source = await prepare('source');
    const many = Array.from({ length: 100_000 }, (_, n) => ['SET', `key ${n}`, String(n * n)]);
    await inRedis(source, ...CONTENT, ['SELECT', '3'], ...many);
    captured = await sites.folder('captured');
    before = await reportPart(source, part, []);
    expect(await capturePart(source, part, captured)).toEqual(['dump.rdb']);
  }, 180_000);
  afterAll(async () => {
    await sites[Symbol.asyncDispose]();
  });

  test('comes back equal elsewhere, without the keys that are left out', async () => {
    const target = await sites.site('target');
    await restorePart(target, part, captured);
    const after = await reportPart(target, part, []);
    expect(compareReports([before], [after])).toEqual([]);
    expect(after.tables.map(({ name, count }) => [name, count])).toEqual([
      ['db0', 7],
      ['db3', 100_000],
    ]);
    expect(await inRedis(target, ['EXISTS', 'cache:1', 'soon'], ['GET', 'plain'])).toEqual([1, octets]);
    expect(await inRedis(source, ['EXISTS', 'cache:1'])).toEqual([1]);
    expect(await readdir(target.folder)).toEqual(['redis']);
    expect(await readdir(source.folder)).toEqual(['redis']);
    expect(await leftRuns(target)).toEqual([]);
    const { uid } = await stat(join(target.folder, 'redis', 'dump.rdb'));
    expect(uid).toBe(target.user?.uid ?? process.getuid?.());
  }, 180_000);

  test('a changed value and a lost database are found by name; repeating the restore mends them', async () => {
    const target = await sites.site('changed');
    await restorePart(target, part, captured);
    await inRedis(target, ['HSET', 'hash', 'k', 'w'], ['SELECT', '3'], ['FLUSHDB']);
    const found = compareReports([before], [await reportPart(target, part, [])]);
    expect(found.map(({ name, what }) => [name, what])).toEqual([
      ['table db0', 'digest'],
      ['table db3', 'missing'],
    ]);
    await restorePart(target, part, captured);
    expect(compareReports([before], [await reportPart(target, part, [])])).toEqual([]);
  }, 180_000);

  test('what is only in the append-only file is captured', async () => {
    const site = await prepare('appending');
    await mkdir(join(site.folder, 'redis', AOF_FOLDER));
    await giveTo(site, join(site.folder, 'redis', AOF_FOLDER));
    await inRedis(site, ['SET', 'a', '1']);
    await rm(join(site.folder, 'redis', 'dump.rdb'));
    const into = await sites.folder('appended');
    await capturePart(site, part, into);
    const target = await sites.site('appended-target');
    await restorePart(target, part, into);
    expect(await inRedis(target, ['GET', 'a'])).toEqual(['1']);
  }, 180_000);

  test('a damaged dump changes nothing', async () => {
    const target = await sites.site('damaged');
    await restorePart(target, part, captured);
    const damaged = await sites.folder('damaged-dump');
    await writeFile(join(damaged, 'dump.rdb'), 'REDIS0011 no');
    expect(await failureOf(restorePart(target, part, damaged))).toMatchObject({ code: 'engine-failed' });
    expect(compareReports([before], [await reportPart(target, part, [])])).toEqual([]);
  }, 180_000);
});
