import { describe, expect, test } from '@jest/globals';
import { lstat, mkdir, readFile, readlink, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { each, codes, freshFolder, packTree, readTree, refusal } from './bag.fixture.js';
import { checkBag, diffBags, formatMtree, unpackBag } from './index.js';
import type { MtreeEntry } from './index.js';

const mtimeNs = 1_700_000_000_123_456_789n;
const entries: MtreeEntry[] = [
  { path: '.', type: 'dir', mode: 0o750, mtimeNs },
  { path: 'a b', type: 'dir', mode: 0o2755, mtimeNs: mtimeNs + 1_000_000_000n },
  { path: 'a b/run.sh', type: 'file', mode: 0o4755, mtimeNs, uname: 'synapse', sizeBytes: 1 },
  { path: 'a b/up', type: 'link', mode: 0o777, mtimeNs, target: '../empty/\u00fc' },
  { path: 'empty', type: 'dir', mode: 0o500, mtimeNs: -1n },
];

async function packed(folder: string): Promise<string> {
  const mtree = (await Array.fromAsync(formatMtree(each(entries)))).join('');
  const bag = join(folder, 'bag');
  const files = { 'deployment.json': '{}', 'parts/p.mtree': mtree, 'parts/p/a b/run.sh': '1', 'parts/q/dump': '22' };
  await packTree(bag, files);
  return bag;
}

describe('unpacking', () => {
  test('puts parts into place with modes, times, links and empty folders', async () => {
    await using here = await freshFolder();
    const bag = await packed(here.path);
    const into = join(here.path, 'into');
    await mkdir(into);
    expect(await unpackBag(bag, into)).toEqual({ parts: ['p', 'q'], files: 2, bytes: 3 });
    expect(await readdir(into)).toEqual(['p', 'q']);
    expect(await readFile(join(into, 'q/dump'), 'utf8')).toBe('22');
    expect(await readlink(join(into, 'p/a b/up'))).toBe('../empty/\u00fc');
    const modes = { '.': 0o750, 'a b': 0o755, 'a b/run.sh': 0o755, empty: 0o500 };
    for (const { path, mtimeNs } of entries) {
      const stats = await lstat(join(into, 'p', path), { bigint: true });
      // Node keeps times as doubles.
      expect(Math.abs(Number(stats.mtimeNs - mtimeNs))).toBeLessThan(1000);
      if (path in modes) expect(Number(stats.mode) & 0o7777).toBe(modes[path as keyof typeof modes]);
    }
    expect((await lstat(join(into, 'q/dump'))).mode & 0o777).toBe(0o600);
  });

  test('of some parts leaves the others, and knows those that are not there', async () => {
    await using here = await freshFolder();
    const bag = await packed(here.path);
    expect(await unpackBag(bag, join(here.path, 'one'), { parts: ['q'] })).toMatchObject({ parts: ['q'], files: 1 });
    const attempt = unpackBag(bag, join(here.path, 'two'), { parts: ['q', 'r'] });
    expect(await refusal(attempt)).toMatchObject([{ code: 'part-missing', pointer: '/data/parts/r' }]);
    expect((await readdir(here.path)).sort()).toEqual(['bag', 'one']);
  });

  test('leaves alone what is there, and what a crash left behind is no obstacle', async () => {
    await using here = await freshFolder();
    const bag = await packed(here.path);
    await mkdir(join(here.path, 'into.unpacking', 'p', 'half'), { recursive: true });
    await unpackBag(bag, join(here.path, 'into'));
    expect(Object.keys(await readTree(join(here.path, 'into')))).toEqual(['p/a b/run.sh', 'q/dump']);
    expect(codes(await refusal(unpackBag(bag, join(here.path, 'into'))))).toEqual(['folder-occupied']);
    expect((await readdir(here.path)).sort()).toEqual(['bag', 'into']);
  });
});

describe('comparing bags', () => {
  test('tells what was added, removed and changed', async () => {
    await using here = await freshFolder();
    const [a, b] = [join(here.path, 'a'), join(here.path, 'b')];
    await packTree(a, { same: '1', gone: '2', other: '3' });
    await packTree(b, { new: '4', other: '5', same: '1' });
    expect(await Array.fromAsync(diffBags(a, b))).toEqual([
      { path: 'data/new', what: 'added' },
      { path: 'data/other', what: 'changed' },
      { path: 'data/gone', what: 'removed' },
    ]);
    expect(await Array.fromAsync(diffBags(a, a))).toEqual([]);
    expect((await checkBag(a)).findings).toEqual([]);
  });
});
