/** Our bags and those of the reference implementation, bagit-python of the Library of Congress. @needs python3 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { codes, each, forge, freshFolder, packTree, sha256, writeTree } from './bag.fixture.js';
import { checkBag, unpackBag, writeTagFiles } from './index.js';

const run = promisify(execFile);
const files = { 'deployment.json': '{}', 'parts/p/ü 漢 🙂.txt': 'x', 'parts/p/a b/c': '', "parts/p/it's #1": 'y' };

describe('the reference implementation', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'freehold-bagit-'));
    await run('python3', ['-m', 'venv', join(folder, 'venv')]);
    await run(join(folder, 'venv/bin/pip'), ['install', '--quiet', '--disable-pip-version-check', 'bagit==1.9.0']);
  }, 540_000);
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  const bagit = async (...args: string[]) =>
    run(join(folder, 'venv/bin/python'), [join(folder, 'venv/bin/bagit.py'), ...args]);
  const accepts = async (bag: string): Promise<boolean> =>
    bagit('--validate', bag).then(
      () => true,
      () => false,
    );

  test('accepts a bag of ours, with long info folded', async () => {
    await using here = await freshFolder();
    const bag = join(here.path, 'bag');
    await packTree(bag, files, { 'External-Description': 'word '.repeat(60).trim(), 'Contact-Name': 'Ada Ünal' });
    expect(await accepts(bag)).toBe(true);
    const info = await run(join(folder, 'venv/bin/python'), [
      '-c',
      'import bagit, json, sys; print(json.dumps(bagit.Bag(sys.argv[1]).info))',
      bag,
    ]);
    const read = JSON.parse(info.stdout) as Record<string, string>;
    expect(read).toMatchObject({ 'Contact-Name': 'Ada Ünal', 'Payload-Oxum': '4.4' });
    expect(read['External-Description']?.split(/\s+/)).toHaveLength(60);
  });

  test('accepts our tag files over a payload that was there, with further tag files', async () => {
    await using here = await freshFolder();
    const payload = Object.entries(files).map(([path, text]) => {
      return { path: `data/${path}`, sizeBytes: Buffer.byteLength(text), sha256: sha256(text) };
    });
    await writeTree(here.path, { 'notes/read me.txt': 'hello' });
    await writeTree(join(here.path, 'data'), files);
    await writeTagFiles(here.path, { payload: each(payload), info: {}, extraTagFiles: ['notes/read me.txt'] });
    expect(await accepts(here.path)).toBe(true);
    expect(await checkBag(here.path)).toMatchObject({ findings: [], warnings: [] });
    await writeFile(join(here.path, 'notes/read me.txt'), 'hallo');
    expect(await accepts(here.path)).toBe(false);
    expect(codes((await checkBag(here.path)).findings)).toEqual(['digest-differs']);
  });

  test.each([['--sha512'], ['--sha256'], ['--sha256', '--sha512'], ['--md5', '--sha1'], []])(
    'makes bags that we accept and unpack: %s',
    async (...algorithms: string[]) => {
      await using here = await freshFolder();
      const bag = join(here.path, 'bag');
      await writeTree(bag, { ...files, 'parts/p/100%25 sure': 'z' });
      await bagit(...algorithms, '--contact-name', 'Ada', '--external-description', 'long '.repeat(50), bag);
      const { findings, warnings, summary } = await checkBag(bag);
      expect(findings).toEqual([]);
      expect(codes(warnings)).toEqual(algorithms.includes('--md5') ? ['digests-weak'] : []);
      expect(summary).toMatchObject({ payloadFiles: 5, payloadBytes: 5 });
      expect(await unpackBag(bag, join(here.path, 'into'))).toMatchObject({ parts: ['p'], files: 4 });
      expect(await readFile(join(here.path, 'into/p/100%25 sure'), 'utf8')).toBe('z');
    },
  );

  const broken: [what: string, spoil: (bag: string) => Promise<unknown>][] = [
    ['a changed file', async (bag) => writeFile(join(bag, 'data/deployment.json'), '[]')],
    ['a missing file', async (bag) => rm(join(bag, 'data/deployment.json'))],
    ['a file too much', async (bag) => writeFile(join(bag, 'data/more'), '')],
    ['a changed tag file', async (bag) => writeFile(join(bag, 'bag-info.txt'), 'A: b\n')],
    ['a wrong Oxum', async (bag) => forge(bag, { 'bag-info.txt': 'Payload-Oxum: 1.1\n' })],
    ['no bagit.txt', async (bag) => rm(join(bag, 'bagit.txt'))],
    ['no manifest', async (bag) => rm(join(bag, 'manifest-sha256.txt'))],
    ['no payload folder', async (bag) => rm(join(bag, 'data'), { recursive: true })],
    ['a way out', async (bag) => forge(bag, { 'manifest-sha256.txt': `${sha256('')}  data/../../x\n` })],
    [
      'a path twice',
      async (bag) => forge(bag, { 'manifest-sha256.txt': `${sha256('')}  data/a\n${sha256('')}  data/a\n` }),
    ],
  ];
  test.each(broken)('refuses, as we do, %s', async (_, spoil) => {
    await using here = await freshFolder();
    const bag = join(here.path, 'bag');
    await packTree(bag, files);
    await spoil(bag);
    expect(await accepts(bag)).toBe(false);
    expect((await checkBag(bag)).findings).not.toEqual([]);
  });
});
