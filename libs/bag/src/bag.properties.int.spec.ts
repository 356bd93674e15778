import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { each, freshFolder, packTree, readTree, writeTree } from './bag.fixture.js';
import {
  BagFailure,
  checkBag,
  checkPath,
  formatMtree,
  parseMtree,
  readFetch,
  readManifest,
  unpackBag,
} from './index.js';

const alphabet = [...'a B%25.-_~#*$\'"?<>|&;=[]{}()@!+,^`ü€漢🙂\u200d'];
const name = fc
  .oneof(
    fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: 12 }),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
    fc.constantFrom('...', '-rf', ' ', '%0A', '%', 'CON', '.hidden', 'data', 'bagit.txt', '$HOME', '__proto__', '*x'),
  )
  .map((text) => text.normalize('NFC'))
  .filter((text) => checkPath(text, '').length === 0 && !text.includes('/'));
const content = fc.oneof(fc.string({ maxLength: 40 }), fc.constant(''), fc.constant('x'.repeat(100_000)));
/** Trees below two parts, without a path that is a file and a folder. */
const tree = fc
  .array(fc.tuple(fc.constantFrom('p', 'q r'), fc.array(name, { minLength: 1, maxLength: 4 }), content), {
    maxLength: 8,
  })
  .map((files) => {
    const kept = new Map(files.map(([part, names, text]) => [[part, ...names].join('/'), text]));
    for (const path of kept.keys())
      if ([...kept.keys()].some((other) => path.startsWith(`${other}/`))) kept.delete(path);
    return kept;
  });

describe('for all trees', () => {
  test('what is packed is found right, and comes out as it went in', async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (files) => {
        await using here = await freshFolder();
        const bag = join(here.path, 'bag');
        await packTree(bag, Object.fromEntries([...files].map(([path, text]) => [`parts/${path}`, text])));
        expect((await checkBag(bag)).findings).toEqual([]);
        await unpackBag(bag, join(here.path, 'into'));
        const expected = [...files].map(([path, text]) => [path, Buffer.from(text).toString('base64')]);
        expect(await readTree(join(here.path, 'into'))).toEqual(Object.fromEntries(expected));
      }),
      { numRuns: 25 },
    );
  });

  test('any changed, removed or added byte of any file is found', async () => {
    await using here = await freshFolder();
    const bag = join(here.path, 'bag');
    const files = { 'parts/p/a%': 'content', 'parts/p/b': '', 'deployment.json': '{"a":1}' };
    const { tagManifestSha256 } = await packTree(bag, files, { 'Contact-Name': 'Ada' });
    const paths = Object.keys(await readTree(bag));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths),
        fc.nat(),
        fc.integer({ min: -1, max: 255 }),
        async (path, at, byte) => {
          const before = await readFile(join(bag, path));
          const index = at % (before.length + 1);
          const after = [...before.subarray(0, index), ...(byte < 0 ? [] : [byte]), ...before.subarray(index + 1)];
          if (before.equals(Buffer.from(after))) return;
          await writeFile(join(bag, path), Buffer.from(after));
          const { findings, summary } = await checkBag(bag);
          await writeFile(join(bag, path), before);
          // The tag manifest covers all but itself; itself is what a provider signs.
          if (path === 'tagmanifest-sha256.txt') expect(summary?.tagManifestSha256).not.toBe(tagManifestSha256);
          else expect(findings).not.toEqual([]);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('any file that is removed or added is found', async () => {
    await using here = await freshFolder();
    const bag = join(here.path, 'bag');
    await packTree(bag, { 'parts/p/a': 'x', 'parts/p/b': '' });
    const all = await readTree(bag);
    for (const path of Object.keys(all).filter((path) => path !== 'tagmanifest-sha256.txt')) {
      await rm(join(bag, path));
      expect((await checkBag(bag)).findings).not.toEqual([]);
      await writeFile(join(bag, path), Buffer.from(all[path] ?? '', 'base64'));
    }
    expect((await checkBag(bag)).findings).toEqual([]);
    await writeTree(bag, { 'data/.hidden': '' });
    expect((await checkBag(bag)).findings).toHaveLength(2);
  });
});

const entry = fc.record(
  {
    path: fc
      .array(name, { minLength: 1, maxLength: 4 })
      .map((names) => names.join('/'))
      .filter((path) => checkPath(path, '').length === 0),
    type: fc.constantFrom('file' as const, 'dir' as const),
    mode: fc.integer({ min: 0, max: 0o7777 }),
    mtimeNs: fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
    uname: fc.constantFrom('synapse', 'a b', 'ü\\'),
    sizeBytes: fc.nat(),
    sha256: fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 }),
  },
  { requiredKeys: ['path', 'type', 'mode', 'mtimeNs'] },
);

describe('mtree files', () => {
  test('say what was written into them', async () => {
    const link = fc
      .tuple(entry, name)
      .map(([{ path, mtimeNs }, target]) => ({ path, type: 'link' as const, mode: 0o777, mtimeNs, target }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            entry,
            link.filter(({ target }) => target !== '..'),
          ),
        ),
        async (entries) => {
          expect(await Array.fromAsync(parseMtree(formatMtree(each(entries))))).toEqual(entries);
        },
      ),
    );
  });

  test('of other tools are read: defaults, short fractions, keywords that say nothing to us', async () => {
    const text =
      '#mtree\n# a comment\n/set type=file uid=0 mode=644\n./a\\040b time=5.7 size=1 flags=none nlink=1\n/unset mode\n\n. type=dir mode=755 time=1\n';
    expect(await Array.fromAsync(parseMtree(each(text.split('\n'))))).toEqual([
      { path: 'a b', type: 'file', mode: 0o644, mtimeNs: 5_000_000_007n, sizeBytes: 1 },
      { path: '.', type: 'dir', mode: 0o755, mtimeNs: 1_000_000_000n },
    ]);
  });
});

/** Bytes of a stranger: random ones, and right ones with some changed, taken out, doubled. */
const mutated = (text: string) =>
  fc
    .tuple(fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.uint8Array({ maxLength: 6 })), { minLength: 1, maxLength: 5 }))
    .map(([edits]) => {
      let bytes = Buffer.from(text);
      for (const [at, taken, put] of edits) {
        const index = at % (bytes.length + 1);
        bytes = Buffer.concat([bytes.subarray(0, index), put, bytes.subarray(index + taken)]);
      }
      return bytes;
    });
const hostile = (text: string) => fc.oneof(fc.uint8Array({ maxLength: 300 }), mutated(text));

async function onlyBagFailures(reading: Promise<unknown>): Promise<void> {
  const failure: unknown = await reading.then(
    () => null,
    (error: unknown) => error,
  );
  if (failure !== null) expect(failure).toBeInstanceOf(BagFailure);
}

describe('whatever the bytes', () => {
  const manifest = `${'a'.repeat(64)}  data/x%0A\n${'b'.repeat(64)} *data/ü\r\n`;
  const fetch = 'http://s.example/x 12 data/x\r\nhttps://s.example/y - data/y%25\n';
  const mtree = '#mtree\n./a\\040b type=file mode=0644 time=1.5\n./l type=link time=0.0 link=a\\040b\n';

  test('readers end, and throw nothing but BagFailure', async () => {
    await using here = await freshFolder();
    const file = join(here.path, 'file.txt');
    await fc.assert(
      fc.asyncProperty(hostile(manifest), hostile(fetch), hostile(mtree), async (a, b, c) => {
        await writeFile(file, a);
        await onlyBagFailures(Array.fromAsync(readManifest(file)));
        await writeFile(file, b);
        await onlyBagFailures(Array.fromAsync(readFetch(file)));
        await onlyBagFailures(Array.fromAsync(parseMtree(each(Buffer.from(c).toString('latin1').split('\n')))));
      }),
      { numRuns: 300 },
    );
    await onlyBagFailures(Array.fromAsync(readManifest(join(here.path, 'nothing'))));
    await onlyBagFailures(Array.fromAsync(readFetch(here.path)));
    await onlyBagFailures(checkBag(join(here.path, 'nothing')));
    await onlyBagFailures(checkBag(file));
  });

  test('a check of a bag with any tag file broken answers with findings', async () => {
    await using here = await freshFolder();
    const bag = join(here.path, 'bag');
    await packTree(bag, { 'parts/p/a b': 'x', 'parts/p.mtree': mtree.replace('./l', './m') });
    await writeFile(join(bag, 'fetch.txt'), fetch);
    const names = (await readdir(bag)).filter((name) => name.endsWith('.txt'));
    const files = await Promise.all(
      names.map(async (name) => ({ name, text: await readFile(join(bag, name), 'utf8') })),
    );
    const one = fc
      .constantFrom(...files)
      .chain(({ name, text }) => hostile(text).map((bytes) => ({ name, bytes, text })));
    await fc.assert(
      fc.asyncProperty(one, async ({ name, bytes, text }) => {
        await writeFile(join(bag, name), bytes);
        await onlyBagFailures(checkBag(bag, { holey: true }));
        await onlyBagFailures(unpackBag(bag, join(here.path, 'into')));
        // Some edits make no difference, an emptied fetch.txt for example.
        await rm(join(here.path, 'into'), { recursive: true, force: true });
        await writeFile(join(bag, name), text);
      }),
      { numRuns: 120 },
    );
    expect(await readdir(here.path)).toEqual(['bag']);
  });
});
