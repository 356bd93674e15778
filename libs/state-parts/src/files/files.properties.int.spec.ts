import { expect, test } from '@jest/globals';
import { formatMtree, type MtreeEntry } from '@freehold/bag';
import fc from 'fast-check';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { comparePaths, liesIn } from '../domain/path-order.js';
import { compareReports, listFiles, outlineFiles, reportPart, restorePart, type Listed } from '../index.js';
import { partOf, testSites, type TestSites } from '../site.fixture.js';
import type { Site } from '../state-part.js';

const name = fc.constantFrom('a', 'b', 'a.b', 'ä', '🐱', '\uFB01', 'c c');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
/** Paths of files, none of which is a folder of another. */
const tree = fc
  .dictionary(path, fc.uint8Array({ maxLength: 5 }), { maxKeys: 12, noNullPrototype: true })
  .map(
    (files) =>
      new Map(
        Object.entries(files).filter(([one]) => !Object.keys(files).some((other) => other.startsWith(`${one}/`))),
      ),
  );
const leaveOut = fc.array(path, { maxLength: 2 });

async function plant(site: Site, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  await mkdir(join(site.folder, 'tree'), { recursive: true });
  for (const [one, content] of files) {
    await mkdir(dirname(join(site.folder, 'tree', one)), { recursive: true });
    await writeFile(join(site.folder, 'tree', one), content);
  }
}

async function* asEntries(entries: AsyncIterable<Listed>): AsyncGenerator<MtreeEntry> {
  for await (const entry of entries) yield entry.type === 'link' ? { ...entry, mode: 0o777 } : { ...entry };
}

test('any tree is listed whole and in order, and any other one becomes equal to it', async () => {
  const check = async (
    sites: TestSites,
    here: Map<string, Uint8Array>,
    there: Map<string, Uint8Array>,
    left: string[],
  ) => {
    const part = partOf('files', 'tree', { leaveOut: left.map((one) => ({ path: one })) });
    const [source, target] = [await sites.site('source'), await sites.site('target')];
    await plant(source, here);
    await plant(target, there);
    const entries = await Array.fromAsync(listFiles(source, part));
    const paths = entries.map((entry) => entry.path);
    expect(paths).toEqual(paths.toSorted(comparePaths));
    const unread = entries.map((entry) => (entry.type === 'file' ? { ...entry, sha256: undefined } : entry));
    expect(await Array.fromAsync(outlineFiles(source, part))).toEqual(unread);
    const files = entries.filter(({ type }) => type === 'file').map((entry) => entry.path);
    const kept = [...here.keys()].filter((one) => !liesIn(one, new Set(left)));
    expect(new Set(files)).toEqual(new Set(kept));
    const received = await sites.folder('received');
    const lines = await Array.fromAsync(formatMtree(asEntries(listFiles(source, part))));
    await writeFile(join(received, 'main.mtree'), lines.join(''));
    await cp(join(source.folder, 'tree'), join(received, 'main'), { recursive: true });
    const [before, other] = [await reportPart(source, part, []), await reportPart(target, part, [])];
    const same = JSON.stringify(before) === JSON.stringify(other);
    expect(compareReports([before], [other]).length === 0).toBe(same);
    // Files of the same size count as fetched: what is in place is the fetcher's word, so only others are planted.
    const fits = [...there].every(([one, content]) => !here.has(one) || here.get(one)?.join() === content.join());
    if (!fits) return;
    await restorePart(target, part, join(received, 'main'));
    expect(compareReports([before], [await reportPart(target, part, [])])).toEqual([]);
  };
  const property = fc.asyncProperty(tree, tree, leaveOut, async (here, there, left) => {
    await using sites = await testSites();
    await check(sites, here, there, left);
  });
  await fc.assert(property, { numRuns: 40 });
}, 180_000);
