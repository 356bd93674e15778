import { describe, expect, test } from '@jest/globals';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codes, each, freshFolder, packTree, refusal, sha256 } from './bag.fixture.js';
import { checkBag, packBag, readManifest } from './index.js';

describe('packing a bag', () => {
  test('writes what RFC 8493 asks for, and the check finds nothing', async () => {
    await using here = await freshFolder();
    const bag = join(here.path, 'bag');
    const summary = await packTree(
      bag,
      { 'deployment.json': '{}', 'parts/a/100%.txt': 'x' },
      { 'Contact-Name': 'Ada' },
    );
    expect(await readFile(join(bag, 'bagit.txt'), 'utf8')).toBe(
      'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n',
    );
    expect(await readFile(join(bag, 'bag-info.txt'), 'utf8')).toBe('Contact-Name: Ada\nPayload-Oxum: 3.2\n');
    expect(await readFile(join(bag, 'manifest-sha256.txt'), 'utf8')).toBe(
      `${sha256('{}')}  data/deployment.json\n${sha256('x')}  data/parts/a/100%25.txt\n`,
    );
    const tags = await Array.fromAsync(readManifest(join(bag, 'tagmanifest-sha256.txt')));
    expect(tags.map(({ path }) => path)).toEqual(['bagit.txt', 'bag-info.txt', 'manifest-sha256.txt']);
    expect(summary).toMatchObject({ payloadBytes: 3, payloadFiles: 2 });
    expect(summary.tagManifestSha256).toBe(sha256(await readFile(join(bag, 'tagmanifest-sha256.txt'))));
    expect(await checkBag(bag)).toEqual({ findings: [], warnings: [], summary, absent: [] });
    expect(await readdir(here.path)).toEqual(['bag']);
  });

  test('names all wrong paths at once and leaves nothing', async () => {
    await using here = await freshFolder();
    const bag = join(here.path, 'bag');
    const attempt = packTree(bag, { ok: '', '../up': '', 'a\\b': '', 'e\u0301': '' });
    expect(codes(await refusal(attempt))).toEqual(['path-has-backslash', 'path-leaves-folder', 'path-not-nfc']);
    expect(await readdir(here.path)).toEqual([]);
  });

  test('refuses the same path twice, a file that is a folder, and another size than announced', async () => {
    await using here = await freshFolder();
    const bag = join(here.path, 'bag');
    const file = (path: string) => ({ path: `data/${path}`, content: each([Buffer.from('12')]) });
    for (const payload of [
      [file('a'), file('a')],
      [file('a'), file('a/b')],
      [file('a/b'), file('a')],
    ])
      expect(codes(await refusal(packBag(bag, { payload: each(payload), info: {} })))).toEqual(['path-repeated']);
    for (const sizeBytes of [1, 3]) {
      const payload = each([{ ...file('a'), sizeBytes }]);
      expect(codes(await refusal(packBag(bag, { payload, info: {} })))).toEqual(['size-differs']);
    }
    expect(await readdir(here.path)).toEqual([]);
  });

  test('does not touch what is there, and ends when it is told to', async () => {
    await using here = await freshFolder();
    const bag = join(here.path, 'bag');
    await packTree(bag, { a: '1' });
    expect(codes(await refusal(packTree(bag, { a: '2' })))).toEqual(['folder-occupied']);
    expect(await readFile(join(bag, 'data', 'a'), 'utf8')).toBe('1');
    const payload = each([{ path: 'data/a', content: each([Buffer.from('1')]) }]);
    const reason = new Error('enough');
    const other = packBag(join(here.path, 'other'), { payload, info: {}, signal: AbortSignal.abort(reason) });
    await expect(other).rejects.toBe(reason);
    expect(await readdir(here.path)).toEqual(['bag']);
  });

  test('refuses info that would break bag-info.txt', async () => {
    await using here = await freshFolder();
    const bag = join(here.path, 'bag');
    const info = { 'a:b': '', 'Payload-Oxum': '1.1', c: 'two\nlines' };
    expect(codes(await refusal(packTree(bag, {}, info)))).toEqual(['bag-info-malformed']);
    expect((await refusal(packTree(bag, {}, info))).length).toBe(3);
  });
});
