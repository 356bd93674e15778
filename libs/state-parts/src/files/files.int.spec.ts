import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { formatMtree, type MtreeEntry } from '@freehold/bag';
import { eventually } from '@freehold/supervisor/testing';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmod,
  cp,
  lstat,
  lutimes,
  mkdir,
  readFile,
  readdir,
  readlink,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import {
  capturePart,
  compareReports,
  listFiles,
  reportPart,
  restorePart,
  restorePartReported,
  type Listed,
  type ListingMeter,
} from '../index.js';
import { failureOf, partOf, testSites, type TestSites } from '../site.fixture.js';
import type { Site } from '../state-part.js';

const part = partOf('files', 'media', { leaveOut: [{ path: 'cache' }, { path: 'a/tmp/' }] });
const LONG_AGO = new Date('2001-02-03T04:05:06.789Z');

describe('a part of kind files', () => {
  let sites: TestSites;
  let source: Site;
  const at = (site: Site, path: string) => join(site.folder, 'media', path);
  const put = async (path: string, content: string | Uint8Array) => {
    await mkdir(dirname(at(source, path)), { recursive: true });
    await writeFile(at(source, path), content);
  };
  const listed = async (site = source, cacheFile?: string) => {
    const meter: ListingMeter = { hashedFiles: 0, hashedBytes: 0 };
    const entries = await Array.fromAsync(
      listFiles(site, part, { meter, ...(cacheFile === undefined ? {} : { cacheFile }) }),
    );
    return {
      entries,
      meter,
      sums: entries.map((one) => (one.type === 'file' ? `${one.path} ${one.sha256.slice(0, 8)}` : one.path)),
    };
  };
  const writeMtree = async (entries: readonly Listed[], name = 'received/main') => {
    await sites.folder(dirname(name));
    const lines = await Array.fromAsync(formatMtree(asEntries(entries)));
    await writeFile(join(sites.root, `${name}.mtree`), lines.join(''));
    return join(sites.root, name);
  };
  beforeEach(async () => {
    sites = await testSites();
    source = await sites.site('source');
    await put('b.txt', 'bee');
    await put('a/deep/er/ä 🐱', new Uint8Array([0, 255, 0]));
    await put('a/tmp/x', 'left out');
    await put('cache/y', 'left out');
    await put('a.txt', '');
    await mkdir(at(source, 'empty/inner'), { recursive: true });
    await symlink('../b.txt', at(source, 'empty/link'));
    await symlink('b.txt', at(source, 'outside'));
    await symlink('a', at(source, 'z'));
    await promisify(execFile)('/usr/bin/mkfifo', [at(source, 'pipe')]);
  });
  afterEach(async () => {
    await sites[Symbol.asyncDispose]();
  });

  test('is listed in order, with links as such and without what is left out', async () => {
    const { entries } = await listed();
    const paths = [
      'a',
      'a/deep',
      'a/deep/er',
      'a/deep/er/ä 🐱',
      'a.txt',
      'b.txt',
      'empty',
      'empty/inner',
      'empty/link',
      'outside',
      'z',
    ];
    expect(entries.map(({ path }) => path)).toEqual(paths);
    const stat = await lstat(at(source, 'b.txt'), { bigint: true });
    const sha256 = createHash('sha256').update('bee').digest('hex');
    const about = { mode: Number(stat.mode & 0o777n), mtimeNs: stat.mtimeNs };
    expect(entries[5]).toEqual({ type: 'file', path: 'b.txt', sizeBytes: 3, sha256, ...about });
    expect(entries[8]).toMatchObject({ type: 'link', target: '../b.txt' });
    expect(await capturePart(source, part, sites.root)).toEqual([]);
  });

  test('counts by folder and name, and finds what changed', async () => {
    const counts = [
      { name: 'texts', files: { named: '*.txt' } },
      { name: 'deep', files: { under: 'a/deep/' } },
      { name: 'all', files: {} },
    ];
    const before = await reportPart(source, part, counts);
    expect(before).toMatchObject({
      kind: 'files',
      tables: [{ name: '', count: 3 }],
      counts: { texts: 2, deep: 1, all: 3 },
    });
    await put('cache/more', 'left out');
    expect(compareReports([before], [await reportPart(source, part, counts)])).toEqual([]);
    await put('b.txt', 'bea');
    expect(compareReports([before], [await reportPart(source, part, counts)])).toMatchObject([
      { name: '', what: 'digest' },
    ]);
  });

  test('a second listing reads nothing; a change that hides its size and time is found by its ctime', async () => {
    const cache = join(sites.root, 'cache');
    await untilSettled(at(source, 'b.txt'));
    const first = await listed(source, cache);
    expect(first.meter).toEqual({ hashedFiles: 3, hashedBytes: 6 });
    const second = await listed(source, cache);
    expect(second.meter).toEqual({ hashedFiles: 0, hashedBytes: 0 });
    expect(second.entries).toEqual(first.entries);
    const { atime, mtime } = await lstat(at(source, 'b.txt'));
    await put('b.txt', 'eeb');
    await utimes(at(source, 'b.txt'), atime, mtime);
    const third = await listed(source, cache);
    expect(third.meter).toEqual({ hashedFiles: 1, hashedBytes: 3 });
    expect(third.sums).not.toEqual(second.sums);
    expect((await listed(source, cache)).meter).toEqual({ hashedFiles: 1, hashedBytes: 3 }); // too young to be believed
    await rm(at(source, 'a.txt'));
    await put('A', 'new');
    expect((await listed(source, cache)).sums).toEqual((await listed()).sums);
  }, 120_000);

  test('a cache that is no cache, or broke off, is not believed', async () => {
    const cache = join(sites.root, 'cache');
    await untilSettled(at(source, 'b.txt'));
    const { sums } = await listed(source, cache);
    const lines = (await readFile(cache, 'utf8')).split('\n');
    for (const text of [
      '',
      'rubbish\n\0',
      lines.slice(0, 2).join('\n'),
      lines.join('\n').replaceAll('"b.txt"', '"b.txt'),
      lines.join('\n').replace(/ \d+\n/, ' 0\n'),
    ]) {
      await writeFile(cache, text);
      const again = await listed(source, cache);
      expect(again.sums).toEqual(sums);
      expect(again.meter.hashedFiles).toBeGreaterThan(0);
    }
    expect((await readdir(sites.root)).sort()).toEqual(['cache', 'source']);
  }, 120_000);

  test('comes back with modes, times, owner, links and empty folders; what is not listed goes, what is left out stays', async () => {
    await chmod(at(source, 'b.txt'), 0o4640);
    await chmod(at(source, 'empty'), 0o2710);
    await utimes(at(source, 'a.txt'), LONG_AGO, new Date('2001-02-03T04:05:06.789Z'));
    await lutimes(at(source, 'empty/link'), LONG_AGO, LONG_AGO);
    await utimes(at(source, 'a/deep'), LONG_AGO, LONG_AGO);
    const { entries } = await listed();
    const from = await writeMtree(entries);
    const target = await sites.site('target');
    await cp(at(source, 'a/deep'), at(target, 'a/deep'), { recursive: true });
    await mkdir(at(target, 'cache'), { recursive: true });
    await writeFile(at(target, 'cache/kept'), '');
    await mkdir(at(target, 'a/tmp'), { recursive: true });
    await mkdir(at(target, 'stray/below'), { recursive: true });
    await writeFile(at(target, 'a/stray'), '');
    await mkdir(at(target, 'empty/link'), { recursive: true });
    await symlink('/etc', at(target, 'outside'));
    await mkdir(from);
    await writeFile(join(from, 'b.txt'), 'bee');
    expect(await failureOf(restorePart(target, part, from))).toMatchObject({ code: 'part-missing' });
    await writeFile(join(from, 'a.txt'), '');
    await restorePart(target, part, from);
    const after = (await listed(target)).entries;
    expect(after.map(micro)).toEqual(
      entries.map(micro).map((one) => (one.path === 'b.txt' ? { ...one, mode: 0o640 } : one)),
    );
    expect(await readdir(at(target, 'cache'))).toEqual(['kept']);
    expect(await readdir(at(target, 'a'))).toEqual(['deep', 'tmp']);
    for (const path of ['.', 'a', 'b.txt', 'outside']) {
      expect((await lstat(at(target, path))).uid).toBe(target.user?.uid ?? process.getuid?.());
    }
    await restorePart(target, part, from);
    expect((await listed(target)).entries).toEqual(after);
  });

  test('what is as listed is not touched again, and the report is that of the tree', async () => {
    const { entries } = await listed();
    const from = await writeMtree(entries);
    const target = await sites.site('target');
    await cp(at(source, ''), at(target, ''), { recursive: true, filter: (path) => !path.endsWith('pipe') });
    const job = { site: target, part, from, counts: [{ name: 'texts', files: { named: '*.txt' } }], options: {} };
    const report = await restorePartReported(job);
    const states = async () =>
      Promise.all(
        entries.map(async ({ path }) => lstat(at(target, path), { bigint: true }).then((one) => one.ctimeNs)),
      );
    const before = await states();
    expect(await restorePartReported(job)).toEqual(report);
    expect(await states()).toEqual(before);
    expect(report).toEqual(await reportPart(source, part, job.counts));
    await writeFile(at(target, 'b.txt'), 'eeb');
    await chmod(at(target, 'a.txt'), 0o600);
    const other = await restorePartReported(job);
    expect(compareReports([report], [other])).toMatchObject([{ name: '', what: 'digest' }]);
    expect(other).toEqual(await reportPart(target, part, job.counts));
    const after = await states();
    const touched = entries.filter((_, index) => after[index] !== before[index]).map(({ path }) => path);
    expect(touched).toEqual(['a.txt', 'b.txt']);
  });

  test('files take the place of folders, and folders that of files, whatever is below them', async () => {
    const { entries } = await listed();
    const from = await writeMtree(entries);
    await cp(at(source, ''), from, { recursive: true, filter: (path) => !path.endsWith('pipe') });
    const target = await sites.site('target');
    await mkdir(at(target, 'b.txt/with/much'), { recursive: true });
    await mkdir(at(target, 'z/below'), { recursive: true });
    for (let n = 0; n < 200; n += 1) await writeFile(at(target, `b.txt/with/${n}`), '');
    await writeFile(at(target, 'z/below/file'), '');
    await writeFile(at(target, 'a'), 'a file');
    const report = await restorePartReported({ site: target, part, from, counts: [], options: {} });
    expect(report).toEqual(await reportPart(source, part, []));
    expect((await listed(target)).entries.map(micro)).toEqual(entries.map(micro));
  });

  test('a link that stands where a folder was is not followed', async () => {
    const { entries } = await listed();
    const from = await writeMtree(entries);
    const target = await sites.site('target');
    const elsewhere = await sites.folder('elsewhere');
    await writeFile(join(elsewhere, 'precious'), '');
    await mkdir(at(target, ''), { recursive: true });
    await symlink(elsewhere, at(target, 'a'));
    await cp(at(source, ''), from, { recursive: true, filter: (path) => !path.endsWith('pipe') });
    await restorePart(target, part, from);
    expect(await readdir(elsewhere)).toEqual(['precious']);
    expect((await lstat(at(target, 'a'))).isDirectory()).toBe(true);
    expect(await readlink(at(target, 'z'))).toBe('a');
    const linked = { ...part, path: 'media/z' };
    expect(await failureOf(reportPart(source, linked, []))).toMatchObject({ code: 'part-outside' });
    expect(await failureOf(reportPart(source, { ...part, path: '../..' }, []))).toMatchObject({ code: 'part-outside' });
    expect(await failureOf(reportPart(source, { ...part, path: 'none' }, []))).toMatchObject({ code: 'part-missing' });
  });

  test('a file of the wrong size, an unordered listing and a name that is no text are said', async () => {
    const { entries } = await listed();
    const from = await writeMtree(entries);
    const target = await sites.site('target');
    await cp(at(source, ''), at(target, ''), { recursive: true, filter: (path) => !path.endsWith('pipe') });
    await writeFile(at(target, 'b.txt'), 'longer');
    expect(await failureOf(restorePart(target, part, from))).toMatchObject({ code: 'state-changed' });
    const turned = await writeMtree(entries.toReversed(), 'received/turned');
    expect(await failureOf(restorePart(target, part, turned))).toMatchObject({ code: 'state-unreadable' });
    await writeFile(Buffer.concat([Buffer.from(at(source, 'x')), Buffer.from([0xff])]), '');
    expect(await failureOf(listed())).toMatchObject({ code: 'state-unreadable' });
  });

  test('large files are hashed in threads, which end with the listing', async () => {
    const large = Buffer.alloc(3_000_001, 'large');
    for (let n = 0; n < 8; n += 1) await put(`large/${n}`, large);
    const sha256 = createHash('sha256').update(large).digest('hex');
    const { entries, meter } = await listed();
    const found = entries.filter((one) => one.path.startsWith('large/'));
    expect(found).toHaveLength(8);
    expect(found.map((one) => one.type === 'file' && [one.sizeBytes, one.sha256])).toEqual(
      found.map(() => [3_000_001, sha256]),
    );
    expect(meter).toEqual({ hashedFiles: 11, hashedBytes: 6 + 8 * 3_000_001 });
    const cut = new AbortController();
    const options = { signal: cut.signal, onProgress: () => cut.abort(new Error('cut')) };
    await expect(Array.fromAsync(listFiles(source, part, options))).rejects.toThrow('cut');
  });

  test('ends when it is told to, also when the reader goes away', async () => {
    const aborted = AbortSignal.abort(new Error('enough'));
    const work = Array.fromAsync(listFiles(source, part, { signal: aborted, cacheFile: join(sites.root, 'cache') }));
    await expect(work).rejects.toThrow('enough');
    for await (const entry of listFiles(source, part, { cacheFile: join(sites.root, 'cache') })) {
      expect(entry.path).toBe('a');
      break;
    }
    expect(await readdir(sites.root)).toEqual(['source']);
  });
});

async function* asEntries(entries: readonly Listed[]): AsyncGenerator<MtreeEntry> {
  for (const entry of entries) yield entry.type === 'link' ? { ...entry, mode: 0o777 } : { ...entry };
}

/** So old that its digest may be remembered. Everything was made at the same time. */
async function untilSettled(path: string): Promise<void> {
  const { ctimeMs } = await lstat(path);
  expect(await eventually(() => Date.now() - ctimeMs > 2_100)).toBe(true);
}

/** Times as Node can set them. */
function micro(entry: Listed) {
  return { ...entry, mtimeNs: entry.mtimeNs / 1_000n };
}
