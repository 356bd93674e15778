import { beforeEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { link, mkdir, readFile, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { codes, forge, freshFolder, packTree, readTree, refusal, sha256 } from './bag.fixture.js';
import type { Tree } from './bag.fixture.js';
import { DEFAULT_BAG_LIMITS, checkBag, completeBag, unpackBag } from './index.js';
import type { BagLimits } from './index.js';

const A = sha256('A');
const good = { 'parts/p/a': 'A', 'parts/p/b': 'B' };
const line = (path: string, digest = A): string => `${digest}  ${path}\n`;
const listed = `${line('data/parts/p/a')}${line('data/parts/p/b', sha256('B'))}`;
const mtree = (...lines: string[]): string => `#mtree v2.0\n${lines.join('\n')}\n`;

interface Hostile {
  what: string;
  /** Tag files that are replaced; the tag manifest is made right again. */
  forged?: Tree;
  also?: (bag: string) => Promise<unknown>;
  payload?: Tree;
  limits?: Partial<BagLimits>;
  code: string;
  pointer?: string;
}

const badPath = (what: string, path: string, code: string): Hostile => ({
  what: `a path that ${what}`,
  forged: { 'manifest-sha256.txt': `${listed}${line(path)}` },
  code,
});

const cases: Hostile[] = [
  badPath('leaves data/', 'data/../../etc/passwd', 'path-leaves-folder'),
  badPath('is absolute', '/etc/passwd', 'path-absolute'),
  badPath('is not below data/', 'bagit.txt', 'entry-misplaced'),
  badPath('has a backslash', 'data/..\\x', 'path-has-backslash'),
  badPath('begins with a drive', 'C:/data/x', 'path-has-drive-letter'),
  badPath('begins at home', '~root/x', 'path-has-home'),
  badPath('has a NUL', 'data/a\0b', 'path-has-control-character'),
  badPath('has an encoded line break', 'data/a%0Ab', 'path-has-control-character'),
  badPath('has a control character', 'data/\u001b[2J', 'path-has-control-character'),
  badPath('is not NFC', 'data/e\u0301', 'path-not-nfc'),
  badPath('has single dots', 'data/./x', 'path-not-canonical'),
  badPath('has empty names', 'data//x', 'path-not-canonical'),
  badPath('is too long', `data/${'x/'.repeat(1500)}x`, 'path-too-long'),
  badPath('has a name that is too long', `data/${'x'.repeat(256)}`, 'path-name-too-long'),
  badPath('is too deep', `data/${'x/'.repeat(150)}x`, 'path-too-deep'),
  badPath('stands there twice', 'data/parts/p/a', 'path-repeated'),
  badPath('names no file', 'data/parts/p/c', 'file-missing'),
  {
    what: 'a file in no manifest',
    also: async (bag) => writeFile(join(bag, 'data/x'), ''),
    code: 'file-not-in-manifest',
    pointer: '/data/x',
  },
  {
    what: 'a changed file',
    also: async (bag) => writeFile(join(bag, 'data/parts/p/a'), 'X'),
    code: 'digest-differs',
    pointer: '/data/parts/p/a',
  },
  {
    what: 'a changed tag file',
    also: async (bag) => writeFile(join(bag, 'bag-info.txt'), 'A: b\n'),
    code: 'digest-differs',
    pointer: '/bag-info.txt',
  },
  { what: 'a wrong Payload-Oxum', forged: { 'bag-info.txt': 'Payload-Oxum: 3.2\n' }, code: 'oxum-differs' },
  {
    what: 'two Payload-Oxums',
    forged: { 'bag-info.txt': 'Payload-Oxum: 2.2\nPayload-Oxum: 2.2\n' },
    code: 'oxum-malformed',
  },
  {
    what: 'a Payload-Oxum beyond numbers',
    forged: { 'bag-info.txt': `Payload-Oxum: ${'9'.repeat(30)}.1\n` },
    code: 'oxum-malformed',
  },
  {
    what: 'an Oxum over the limit',
    forged: { 'bag-info.txt': 'Payload-Oxum: 99999999.2\n' },
    limits: { maxBytes: 1e6 },
    code: 'bag-too-large',
  },
  { what: 'info that is none', forged: { 'bag-info.txt': 'what is this\n' }, code: 'bag-info-malformed' },
  { what: 'info of 2 MiB', forged: { 'bag-info.txt': `A: ${'x'.repeat(2 ** 21)}\n` }, code: 'bag-info-too-large' },
  {
    what: 'a manifest that is not UTF-8',
    forged: { 'manifest-sha256.txt': Buffer.from(line('data/\u00ff'), 'latin1') },
    code: 'encoding-not-utf8',
  },
  { what: 'a byte order mark', forged: { 'manifest-sha256.txt': `\uFEFF${listed}` }, code: 'byte-order-mark' },
  {
    what: 'an endless line',
    forged: { 'manifest-sha256.txt': `${listed}${line('data/'.padEnd(1e6, 'x'))}` },
    code: 'line-too-long',
  },
  {
    what: 'a line without a digest',
    forged: { 'manifest-sha256.txt': `${listed}nothing data/x\n` },
    code: 'manifest-line-malformed',
  },
  {
    what: 'a digest of another length',
    forged: { 'manifest-sha256.txt': `${listed}abcd  data/x\n` },
    code: 'manifest-line-malformed',
  },
  {
    what: 'another encoding',
    forged: { 'bagit.txt': 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-16\n' },
    code: 'encoding-unsupported',
  },
  {
    what: 'another version',
    forged: { 'bagit.txt': 'BagIt-Version: 2.0\nTag-File-Character-Encoding: UTF-8\n' },
    code: 'bag-version-unsupported',
  },
  {
    what: 'a third line in bagit.txt',
    forged: { 'bagit.txt': 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\nx\n' },
    code: 'declaration-malformed',
  },
  { what: 'no bagit.txt', also: async (bag) => rm(join(bag, 'bagit.txt')), code: 'tag-file-missing' },
  { what: 'no manifest', also: async (bag) => rm(join(bag, 'manifest-sha256.txt')), code: 'manifest-missing' },
  { what: 'an unknown algorithm', forged: { 'manifest-crc32.txt': '' }, code: 'algorithm-unknown' },
  {
    what: 'manifests that disagree',
    forged: { 'manifest-md5.txt': '7fc56270e7a70fa81a5935b72eacbe29  data/parts/p/a\n' },
    code: 'manifests-disagree',
    pointer: '/data/parts/p/b',
  },
  {
    what: 'a tag manifest with payload',
    also: async (bag) => writeFile(join(bag, 'tagmanifest-sha512.txt'), `${'0'.repeat(128)}  data/parts/p/a\n`),
    code: 'entry-misplaced',
  },
  {
    what: 'a tag manifest of a tag manifest',
    also: async (bag) => writeFile(join(bag, 'tagmanifest-sha512.txt'), `${'0'.repeat(128)}  tagmanifest-sha256.txt\n`),
    code: 'entry-misplaced',
  },
  {
    what: 'a tag file that is not there',
    also: async (bag) => writeFile(join(bag, 'tagmanifest-sha512.txt'), `${'0'.repeat(128)}  notes/x.txt\n`),
    code: 'file-missing',
  },
  {
    what: 'a symbolic link',
    also: async (bag) => symlink('/etc/passwd', join(bag, 'data/l')),
    code: 'link-in-bag',
    pointer: '/data/l',
  },
  { what: 'a link to a folder', also: async (bag) => symlink('/etc', join(bag, 'data/l')), code: 'link-in-bag' },
  {
    what: 'a file behind a link',
    forged: { 'manifest-sha256.txt': `${listed}${line('data/l/hostname')}` },
    also: async (bag) => symlink('/etc', join(bag, 'data/l')),
    code: 'file-missing',
  },
  {
    what: 'a link as manifest',
    also: async (bag) => replaceByLink(bag, 'manifest-sha256.txt'),
    code: 'link-in-bag',
    pointer: '/manifest-sha256.txt',
  },
  { what: 'a link as bagit.txt', also: async (bag) => replaceByLink(bag, 'bagit.txt'), code: 'file-unreadable' },
  {
    what: 'a hard link',
    also: async (bag) => link(join(bag, 'data/parts/p/a'), `${bag}.outside`),
    code: 'hard-link-in-bag',
  },
  {
    what: 'a pipe',
    also: async (bag) => makePipe(join(bag, 'data/pipe')),
    code: 'special-file-in-bag',
  },
  {
    what: 'a pipe as manifest',
    also: async (bag) => makePipe(join(bag, 'manifest-sha512.txt')),
    code: 'file-unreadable',
  },
  {
    what: 'a folder as manifest',
    also: async (bag) => mkdir(join(bag, 'manifest-sha512.txt')),
    code: 'file-unreadable',
  },
  {
    what: 'data as a file',
    also: async (bag) => rm(join(bag, 'data'), { recursive: true }).then(async () => writeFile(join(bag, 'data'), '')),
    code: 'payload-folder-missing',
  },
  {
    what: 'a file name that is not UTF-8',
    also: async (bag) => writeFile(Buffer.concat([Buffer.from(join(bag, 'data/')), Buffer.from([0xff])]), ''),
    code: 'path-not-utf8',
  },
  {
    what: 'more bytes than allowed',
    also: async (bag) => truncate(join(bag, 'data/parts/p/a'), 2 ** 33),
    limits: { maxBytes: 2 ** 32 },
    code: 'bag-too-large',
  },
  { what: 'more files than allowed', limits: { maxFiles: 1 }, code: 'too-many-files' },
  {
    what: 'a tag folder of many folders',
    also: async (bag) => manyFolders(join(bag, 'x'), 1100),
    limits: { maxFiles: 2 },
    code: 'too-many-files',
  },
  {
    what: 'a fetch.txt for what is in no manifest',
    forged: { 'fetch.txt': 'http://s.example/x 1 data/x\n' },
    code: 'fetch-entry-not-in-manifest',
  },
  {
    what: 'a fetch.txt for a tag file',
    forged: { 'fetch.txt': 'http://s.example/x 1 bagit.txt\n' },
    code: 'fetch-outside-payload',
  },
  {
    what: 'a fetch.txt with a file URL',
    forged: { 'fetch.txt': 'file:///etc/passwd 1 data/parts/p/a\n' },
    code: 'fetch-url-refused',
  },
  {
    what: 'a fetch.txt with a password',
    forged: { 'fetch.txt': 'http://u:p@s.example/ 1 data/parts/p/a\n' },
    code: 'fetch-url-refused',
  },
  { what: 'a fetch.txt that is none', forged: { 'fetch.txt': 'hello\n' }, code: 'fetch-line-malformed' },
  {
    what: 'a fetch.txt with a size that is none',
    forged: { 'fetch.txt': 'http://s.example/x -1 data/parts/p/a\n' },
    code: 'fetch-line-malformed',
  },
  {
    what: 'a fetch.txt that announces too much',
    forged: { 'fetch.txt': 'http://s.example/x 99999999 data/parts/p/a\n' },
    limits: { maxBytes: 1e6 },
    code: 'bag-too-large',
  },
  {
    what: 'a link out of its part',
    payload: { 'parts/p.mtree': mtree('./l type=link mode=0777 time=0.0 link=../../x') },
    code: 'link-leaves-part',
    pointer: '/data/parts/p/l',
  },
  {
    what: 'an absolute link',
    payload: { 'parts/p.mtree': mtree('./l type=link time=0.0 link=/etc/passwd') },
    code: 'link-leaves-part',
  },
  {
    what: 'a link that goes down and up',
    payload: { 'parts/p.mtree': mtree('./l type=link time=0.0 link=m/../../x') },
    code: 'link-leaves-part',
  },
  {
    what: 'a file below a link',
    payload: { 'parts/p.mtree': mtree('./l type=link time=0.0 link=.', './l/x type=link time=0.0 link=y') },
    code: 'path-below-link',
  },
  {
    what: 'payload below a link',
    payload: { 'parts/p/l/x': '', 'parts/p.mtree': mtree('./l type=link time=0.0 link=a') },
    code: 'path-below-link',
  },
  {
    what: 'a link where a file is',
    payload: { 'parts/p.mtree': mtree('./a type=link time=0.0 link=b') },
    code: 'mtree-type-differs',
  },
  {
    what: 'a folder where a file is',
    payload: { 'parts/p.mtree': mtree('./a type=dir mode=0755 time=0.0') },
    code: 'mtree-type-differs',
  },
  {
    what: 'a folder below a file',
    payload: { 'parts/p.mtree': mtree('./a/x type=dir mode=0755 time=0.0') },
    code: 'path-below-link',
  },
  {
    what: 'a way up in an mtree file',
    payload: { 'parts/p.mtree': mtree('./../x type=dir mode=0755 time=0.0') },
    code: 'path-leaves-folder',
  },
  {
    what: 'a device in an mtree file',
    payload: { 'parts/p.mtree': mtree('./x type=block mode=0600 time=0.0') },
    code: 'mtree-line-malformed',
  },
  {
    what: 'an mtree file that repeats itself',
    payload: { 'parts/p.mtree': mtree('./d type=dir mode=0755 time=0.0', './d type=dir mode=0700 time=0.0') },
    code: 'path-repeated',
  },
  {
    what: 'an mtree file that names more than there is',
    payload: { 'parts/p.mtree': mtree('./x type=file mode=0600 time=0.0') },
    code: 'file-missing',
  },
];

const makePipe = async (path: string) => promisify(execFile)('/bin/sh', ['-c', 'mkfifo "$1"', 'sh', path]);

async function replaceByLink(bag: string, name: string): Promise<void> {
  await writeFile(`${bag}.${name}`, await readFile(join(bag, name)));
  await rm(join(bag, name));
  await symlink(`${bag}.${name}`, join(bag, name));
}

async function manyFolders(folder: string, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await mkdir(join(folder, String(n)), { recursive: true });
}

/** A bag that nothing is wrong with, in a folder of its own. */
async function goodBag(changes: Tree = {}) {
  const here = await freshFolder();
  const bag = join(here.path, 'bag');
  await packTree(bag, { ...good, ...changes });
  return { path: here.path, bag, [Symbol.asyncDispose]: () => here[Symbol.asyncDispose]() };
}

describe('a bag from outside is refused before anything is created', () => {
  test.each(cases)('$what', async (hostile) => {
    await using here = await goodBag(hostile.payload);
    const { bag } = here;
    if (hostile.forged !== undefined) await forge(bag, hostile.forged);
    await hostile.also?.(bag);
    const limits = { ...DEFAULT_BAG_LIMITS, ...hostile.limits };
    const before = (await readdir(here.path)).sort();
    const findings = await refusal(unpackBag(bag, join(here.path, 'into'), { limits }));
    expect(codes(findings)).toContain(hostile.code);
    expect((await checkBag(bag, { limits })).findings).toEqual(findings);
    const named = findings.filter(({ code }) => code === hostile.code).map(({ pointer }) => pointer);
    if (hostile.pointer !== undefined) expect(named).toContain(hostile.pointer);
    expect(findings.every(({ hint, detail }) => hint !== '' && detail !== '')).toBe(true);
    expect((await readdir(here.path)).sort()).toEqual(before);
  });
});

describe('findings', () => {
  let opened: number;
  beforeEach(() => {
    opened = 0;
  });

  test('come all at once, 200 of them, and the last one counts the others', async () => {
    await using here = await goodBag();
    const { bag } = here;
    const lines = Array.from({ length: 500 }, (_, n) => line(`data/../${n}`));
    await forge(bag, { 'manifest-sha256.txt': `${listed}${lines.join('')}` });
    const { findings, summary } = await checkBag(bag);
    expect(findings).toHaveLength(201);
    expect(findings.at(-1)).toMatchObject({ code: 'more-findings', detail: '300 more findings are not listed' });
    expect(summary).toBeNull();
  });

  test('of different kinds come together, from tag files, folder and content', async () => {
    await using here = await goodBag();
    const { bag } = here;
    await forge(bag, { 'bag-info.txt': 'Payload-Oxum: 7.7\n' });
    await writeTree(bag);
    expect(codes((await checkBag(bag)).findings)).toEqual([
      'digest-differs',
      'file-missing',
      'file-not-in-manifest',
      'link-in-bag',
      'oxum-differs',
    ]);
  });

  test('never show control characters of a stranger', async () => {
    await using here = await goodBag();
    const { bag } = here;
    await forge(bag, { 'manifest-sha256.txt': `${listed}${line('data/\u001b[2J\u202etxt')}bad \u001b line\n` });
    const { findings } = await checkBag(bag);
    expect(findings.length).toBeGreaterThan(1);
    expect(JSON.stringify(findings)).not.toMatch(/\\u001b|\\u202e|\p{Cc}|\u202e/u);
  });

  test('what refuses nothing is a warning: names that differ in case, broken digests, tag files without a digest', async () => {
    await using here = await freshFolder();
    const bag = join(here.path, 'bag');
    await packTree(bag, { a: 'A', A: 'A', 'x/\u00df': '' });
    await rm(join(bag, 'manifest-sha256.txt'));
    const md5 = '7fc56270e7a70fa81a5935b72eacbe29';
    const empty = 'd41d8cd98f00b204e9800998ecf8427e';
    await forge(bag, { 'manifest-md5.txt': `${md5}  data/a\n${md5.toUpperCase()} *data/A\n${empty}\tdata/x/\u00df\n` });
    await mkdir(join(bag, 'notes'));
    await writeFile(join(bag, 'notes', 'x.txt'), 'x');
    const { findings, warnings, summary } = await checkBag(bag);
    expect(findings).toEqual([]);
    expect(codes(warnings)).toEqual(['digests-weak', 'path-differs-in-case', 'tag-file-not-covered']);
    expect(summary).toMatchObject({ payloadFiles: 3, payloadBytes: 2 });
  });

  test('stop completing before anything is fetched or made', async () => {
    await using here = await goodBag();
    const { bag } = here;
    await forge(bag, {
      'manifest-sha256.txt': `${listed}${line('data/x')}${line('data/x/y')}`,
      'fetch.txt': 'http://s.example/x 1 data/x\nhttp://s.example/y 1 data/x/y\n',
      'bag-info.txt': '',
    });
    const before = await readTree(here.path);
    const open = async () => {
      opened += 1;
      return Promise.reject(new Error('not to be called'));
    };
    expect(codes(await refusal(completeBag(bag, { open })))).toEqual(['path-is-file-and-folder']);
    expect(opened).toBe(0);
    expect(await readTree(here.path)).toEqual(before);
  });
});

async function writeTree(bag: string): Promise<void> {
  await writeFile(join(bag, 'data/parts/p/a'), 'changed');
  await rm(join(bag, 'data/parts/p/b'));
  await writeFile(join(bag, 'data/more'), '');
  await symlink('x', join(bag, 'data/link'));
}
