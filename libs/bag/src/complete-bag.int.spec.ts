import { describe, expect, test } from '@jest/globals';
import { mkdir, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codes, each, freshFolder, packTree, readTree, refusal, sha256 } from './bag.fixture.js';
import { checkBag, completeBag, readFetch, writeTagFiles } from './index.js';
import type { CompleteOptions, FetchEntry } from './index.js';

const files: Record<string, string> = {
  'data/deployment.json': '{}',
  'data/parts/p/empty': '',
  'data/parts/p/large': 'large '.repeat(50_000),
  'data/parts/p/with space %25.txt': 'x',
};

/** A holey bag: tag files only, all payload absent. */
async function holey(folder: string, content = files) {
  const payload = Object.entries(content).map(([path, text]) => {
    return { path, sizeBytes: Buffer.byteLength(text), sha256: sha256(text) };
  });
  const url = ({ path }: { path: string }): string => `http://source.example/${encodeURIComponent(path)}`;
  return writeTagFiles(folder, { payload: each(payload), info: {}, url });
}

async function* chunks(text: string): AsyncGenerator<Buffer> {
  for (let at = 0; at < text.length; at += 10_000) yield Buffer.from(text.slice(at, at + 10_000));
}

const serve =
  (content: Record<string, string>, asked: string[] = []): CompleteOptions['open'] =>
  async ({ path }: FetchEntry, offset) => {
    asked.push(`${path}@${offset}`);
    return Promise.resolve(chunks((content[path] ?? '').slice(offset)));
  };

describe('a holey bag', () => {
  test('is complete when what fetch.txt names was fetched', async () => {
    await using here = await freshFolder();
    const bag = join(here.path, 'bag');
    const summary = await holey(bag);
    expect(await Array.fromAsync(readFetch(join(bag, 'fetch.txt')))).toHaveLength(4);
    const before = await checkBag(bag, { holey: true });
    expect(before).toMatchObject({ findings: [], summary });
    expect(before.absent.map(({ path }) => path)).toEqual(Object.keys(files));
    expect(codes((await checkBag(bag)).findings)).toEqual(['file-missing', 'payload-folder-missing']);
    const told: number[] = [];
    const done = await completeBag(bag, { open: serve(files), onProgress: ({ bytesDone }) => told.push(bytesDone) });
    expect(done).toEqual({ fetchedFiles: 4, fetchedBytes: 300_003 });
    expect(told.at(-1)).toBe(300_003);
    expect(await checkBag(bag)).toMatchObject({ findings: [], warnings: [], summary, absent: [] });
    expect(await readFile(join(bag, 'data/parts/p/with space %25.txt'), 'utf8')).toBe('x');
    expect(await readdir(here.path)).toEqual(['bag']);
    expect(await completeBag(bag, { open: serve({}) })).toEqual({ fetchedFiles: 0, fetchedBytes: 0 });
  });

  test('goes on by byte range after an interruption', async () => {
    await using here = await freshFolder();
    const bag = join(here.path, 'bag');
    await holey(bag);
    const broken = new Error('the line is cut');
    const cut: CompleteOptions['open'] = async ({ path }, offset) => {
      async function* some(): AsyncGenerator<Buffer> {
        yield Buffer.from((files[path] ?? '').slice(offset, offset + 120_000));
        if (path.endsWith('large')) throw broken;
      }
      return Promise.resolve(some());
    };
    await expect(completeBag(bag, { open: cut, concurrency: 1 })).rejects.toBe(broken);
    expect(Object.keys(await readTree(join(bag, 'data')))).toEqual(['deployment.json', 'parts/p/empty']);
    const asked: string[] = [];
    expect(await completeBag(bag, { open: serve(files, asked) })).toEqual({ fetchedFiles: 2, fetchedBytes: 180_001 });
    expect(asked.sort()).toEqual(['data/parts/p/large@120000', 'data/parts/p/with space %25.txt@0']);
    expect((await checkBag(bag)).findings).toEqual([]);
  });

  test('takes nothing from what is partly there and wrong', async () => {
    await using here = await freshFolder();
    const bag = join(here.path, 'bag');
    const large = { 'data/large': 'large '.repeat(1000) };
    await holey(bag, large);
    const cut = serve({ 'data/large': 'wrong '.repeat(200) });
    expect(codes(await refusal(completeBag(bag, { open: cut })))).toEqual(['size-differs']);
    expect(await readdir(`${bag}.partial`)).toEqual([]);
    await expect(completeBag(bag, { open: interrupted('wrong!'.repeat(100)) })).rejects.toThrow('interrupted');
    const [partial = ''] = await readdir(`${bag}.partial`);
    expect(await readFile(join(`${bag}.partial`, partial), 'utf8')).toBe('wrong!'.repeat(100));
    const asked: string[] = [];
    expect(await completeBag(bag, { open: serve(large, asked) })).toEqual({ fetchedFiles: 1, fetchedBytes: 11_400 });
    expect(asked).toEqual(['data/large@600', 'data/large@0']);
    expect((await checkBag(bag)).findings).toEqual([]);
  });

  test('refuses whoever serves other bytes, fewer or more, and gives no such file its name', async () => {
    await using here = await freshFolder();
    const bag = join(here.path, 'bag');
    await holey(bag, { 'data/x': 'right' });
    const lies = { wrong: 'digest-differs', less: 'size-differs', 'very much': 'size-differs' };
    for (const [lie, code] of Object.entries(lies)) {
      const findings = await refusal(completeBag(bag, { open: serve({ 'data/x': lie }) }));
      expect(findings).toMatchObject([{ code, pointer: '/data/x' }]);
      expect(await readTree(bag)).not.toHaveProperty(['data/x']);
      expect(await readdir(`${bag}.partial`)).toEqual([]);
    }
  });

  test('stops reading an endless answer at the announced size, or at the limit where none was', async () => {
    await using here = await freshFolder();
    const bag = join(here.path, 'bag');
    let sent = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) {
        sent += 1000;
        yield Buffer.alloc(1000);
      }
    }
    const open = async () => Promise.resolve(endless());
    await holey(bag, { 'data/x': 'x'.repeat(5000) });
    expect(codes(await refusal(completeBag(bag, { open })))).toEqual(['size-differs']);
    expect(sent).toBeLessThanOrEqual(6000);
    await using other = await freshFolder();
    const unsized = join(other.path, 'bag');
    await packTree(unsized, {});
    await writeFile(join(unsized, 'manifest-sha256.txt'), `${sha256('x')}  data/x\n`);
    await writeFile(join(unsized, 'fetch.txt'), 'http://source.example/x - data/x\n');
    await rm(join(unsized, 'tagmanifest-sha256.txt'));
    await writeFile(join(unsized, 'bag-info.txt'), '');
    const limits = { maxFiles: 10, maxBytes: 50_000, maxPathBytes: 100 };
    expect(codes(await refusal(completeBag(unsized, { open, limits })))).toEqual(['size-differs']);
    expect(sent).toBeLessThan(60_000);
  });

  test('one failure ends the others, and a signal all of them', async () => {
    await using here = await freshFolder();
    const bag = join(here.path, 'bag');
    await holey(bag);
    const seen: AbortSignal[] = [];
    const failed = new Error('refused by the source');
    const open: CompleteOptions['open'] = async (entry, _, signal) => {
      seen.push(signal);
      if (entry.path.endsWith('.json')) throw failed;
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    };
    await expect(completeBag(bag, { open })).rejects.toBe(failed);
    expect(seen.every(({ aborted }) => aborted)).toBe(true);
    const stopped = new Error('enough');
    const signal = AbortSignal.abort(stopped);
    await expect(completeBag(bag, { open: serve(files), signal })).rejects.toBe(stopped);
  });

  test('whose partial file is longer than the file begins anew', async () => {
    await using here = await freshFolder();
    const bag = join(here.path, 'bag');
    await holey(bag, { 'data/x': 'right' });
    await mkdir(`${bag}.partial`);
    await expect(completeBag(bag, { open: interrupted('ri') })).rejects.toThrow('interrupted');
    const [partial = ''] = await readdir(`${bag}.partial`);
    await truncate(join(`${bag}.partial`, partial), 1e6);
    const asked: string[] = [];
    await completeBag(bag, { open: serve({ 'data/x': 'right' }, asked) });
    expect(asked).toEqual(['data/x@0']);
    expect((await checkBag(bag)).findings).toEqual([]);
  });
});

function interrupted(text: string): CompleteOptions['open'] {
  async function* some(): AsyncGenerator<Buffer> {
    yield Buffer.from(text);
    throw new Error('interrupted');
  }
  return async () => Promise.resolve(some());
}
