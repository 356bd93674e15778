import type { Position } from '@freehold/kernel';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { commitLeaf, type LoggedCommit } from '../history/commit-leaf.js';
import { bundlesOf, copyOf, memoryCopy, type MemoryCopy } from './copy.fixture.js';
import { type CopyClaim, type TreeHead, verifyCopy } from './verify-copy.js';

/** Three volumes of 300, 250 and the rest: more than two full bundles, and one that is not. */
const SIZE = 700;
const KEPT = 640;
const positionOf = (at: number): Position => (at < 300 ? `1:${at + 1}` : at < 550 ? `2:${at - 299}` : `3:${at - 549}`);
const commitAt = (at: number): LoggedCommit => ({
  position: positionOf(at),
  time: String(1_700_000_000_000_000_000n + BigInt(at)),
  subject: `log.07.deployment._.deployment.${at % 9}`,
  body: Buffer.from(JSON.stringify({ version: at, events: ['x'.repeat(at % 40)] })),
});
const log = Array.from({ length: SIZE }, (_, at) => commitAt(at));
const leaves = log.map(commitLeaf);

function after(position: Position): string {
  const [volume, sequence] = position.split(':');
  return `${volume}:${Number(sequence) + 1}`;
}

let whole: MemoryCopy;
let own: TreeHead;
let kept: TreeHead;

/** `<place> <code>` of each finding. */
async function found(files: MemoryCopy, claim: Partial<CopyClaim> = {}): Promise<string[]> {
  const { findings } = await verifyCopy({ files, kept, own, ...claim });
  return findings.map(({ pointer, code }) => `${pointer.replace('/commits/', '')} ${code}`);
}

/** The copy with these entries in its bundles, and the tiles as they were. */
function withLeaves(given: readonly Uint8Array[]): MemoryCopy {
  const copy = memoryCopy(whole.files);
  for (const path of copy.files.keys()) if (path.startsWith('tile/entries/')) copy.files.delete(path);
  for (const [path, bundle] of bundlesOf(given)) copy.files.set(path, bundle);
  return copy;
}

/** Which entry of its bundle a byte belongs to, the length before it included. */
function leafOfByte(path: string, byte: number): number {
  let leaf = path.includes('000') ? 0 : path.includes('001') ? 256 : 512;
  for (let at = 0; at + 2 + leaves[leaf]!.byteLength <= byte; leaf += 1) at += 2 + leaves[leaf]!.byteLength;
  return leaf;
}

beforeAll(async () => {
  ({ copy: whole, head: own } = await copyOf(log));
  ({ head: kept } = await copyOf(log.slice(0, KEPT)));
});

describe('a copy of the log', () => {
  it('is right, for its own checkpoint and for an earlier one', async () => {
    expect(await found(whole)).toEqual([]);
    expect(await found(whole, { own: kept })).toEqual([]);
    expect(
      await found((await copyOf(log.slice(0, 512))).copy, {
        kept: (await copyOf(log.slice(0, 512))).head,
        own: undefined,
      }),
    ).toEqual([]);
  });

  it('is found wrong for every byte that is changed, and the commit or tile is named', async () => {
    const paths = [...whole.files.keys()];
    const change = fc.record({
      path: fc.constantFrom(...paths),
      where: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      by: fc.integer({ min: 1, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ path, where, by }) => {
        const copy = memoryCopy(whole.files);
        const bytes = Buffer.from(copy.files.get(path)!);
        const at = Math.floor(where * bytes.byteLength);
        bytes[at]! ^= by;
        copy.files.set(path, bytes);
        const findings = await found(copy);
        if (!path.startsWith('tile/entries/')) expect(findings).toEqual([`/${path} tile-wrong`]);
        else {
          const position = positionOf(leafOfByte(path, at));
          expect(findings).toEqual([
            expect.stringMatching(new RegExp(`^${position} (commit-changed|entry-length-wrong)$`)),
          ]);
        }
      }),
      { numRuns: 60 },
    );
  }, 360_000);

  it('is found wrong for every byte of the lengths between commits', async () => {
    const path = 'tile/entries/001';
    let at = 0;
    for (let leaf = 256; leaf < 512; at += 2 + leaves[leaf]!.byteLength, leaf += 1) {
      if (leaf % 16 > 0) continue;
      for (const [offset, by] of [
        [0, 1 + (leaf % 255)],
        [1, 1 + (leaf % 7)],
      ] as const) {
        const bytes = Buffer.from(whole.files.get(path)!);
        bytes[at + offset]! ^= by;
        expect(await found(memoryCopy(new Map([...whole.files, [path, bytes]])))).toEqual([
          `${positionOf(leaf)} entry-length-wrong`,
        ]);
      }
    }
  });

  it('is found cut, wherever a file ends, and the first commit that is not whole is named', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...whole.files.keys()),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        async (path, where) => {
          const bytes = whole.files.get(path)!;
          const length = Math.floor(where * bytes.byteLength);
          const findings = await found(memoryCopy(new Map([...whole.files, [path, bytes.subarray(0, length)]])));
          if (path.startsWith('tile/entries/')) {
            expect(findings[0]).toMatch(
              new RegExp(`^${positionOf(leafOfByte(path, length))} commit-(changed|missing)$`),
            );
          } else expect(findings).toEqual([`/${path} tile-wrong`]);
        },
      ),
      { numRuns: 20 },
    );
  }, 360_000);

  it('is found incomplete without any one of its files', async () => {
    for (const path of whole.files.keys()) {
      const copy = memoryCopy(whole.files);
      copy.files.delete(path);
      const entries = Number(/entries.00([0-9])/.exec(path)?.[1] ?? -1);
      const expected = entries === -1 ? `/${path} tile-missing` : `${positionOf(entries * 256)} commit-missing`;
      expect([path, await found(copy)]).toEqual([path, [expected]]);
    }
  });

  it('names what was removed, wherever it was and whichever bundles were made again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: SIZE - 1 }), fc.integer({ min: 1, max: 400 }), async (from, count) => {
        const to = Math.min(SIZE, from + count);
        const copy = withLeaves([...leaves.slice(0, from), ...leaves.slice(to)]);
        // Where nothing is left that came later, nothing says that a volume had ended.
        const missing = to === SIZE && from > 0 ? after(positionOf(from - 1)) : positionOf(from);
        expect(await found(copy)).toEqual([`${missing} commit-missing`]);
      }),
      { numRuns: 20, examples: [[550, 150]] },
    );
  }, 360_000);

  it('names what was removed also when it is more than is searched nearby, over volumes and bundles', async () => {
    for (const from of [0, 10, 290]) {
      const copy = withLeaves([...leaves.slice(0, from), ...leaves.slice(690)]);
      expect(await found(copy)).toEqual([`${positionOf(from)} commit-missing`]);
    }
    const absent = memoryCopy(whole.files);
    for (const path of ['tile/entries/000', 'tile/entries/001']) absent.files.delete(path);
    expect(await found(absent)).toEqual(['1:1 commit-missing']);
  });

  it('names the first commit that was cut off at the end', async () => {
    for (const length of [0, 1, 299, 301, 512, 549, 639, 640, 699]) {
      expect(await found(withLeaves(leaves.slice(0, length)))).toEqual([`${positionOf(length)} commit-missing`]);
    }
    // That the next volume begins there, nothing that is left shows.
    const { findings } = await verifyCopy({ files: withLeaves(leaves.slice(0, 300)), kept, own });
    expect(findings).toMatchObject([{ pointer: '/commits/1:301', detail: expect.stringContaining('number 301') }]);
  });

  it('names what was exchanged, moved, put in or there twice', async () => {
    const [ten, fifty, next] = [leaves[10]!, leaves[50]!, leaves[11]!];
    expect(await found(withLeaves(leaves.with(10, fifty).with(50, ten)))).toEqual([
      '1:11 commit-replaced',
      '1:51 commit-replaced',
    ]);
    expect(await found(withLeaves(leaves.with(10, next).with(11, ten)))).toEqual([
      '1:11 commit-missing',
      '1:11 commit-out-of-order',
    ]);
    expect(await found(withLeaves([...leaves.slice(0, 20), leaves[19]!, ...leaves.slice(20)]))).toEqual([
      '1:20 commit-out-of-order',
    ]);
    const forged = commitLeaf({ ...commitAt(5), position: '1:301' });
    expect(await found(withLeaves([...leaves.slice(0, 300), forged, ...leaves.slice(300)]))).toEqual([
      '2:1 commit-added',
    ]);
  });

  it('names any commits that were changed, replaced or given another time, all at once', async () => {
    const change = fc.constantFrom<((commit: LoggedCommit) => LoggedCommit)[]>(
      (commit) => ({ ...commit, time: String(BigInt(commit.time) + 1n) }),
      (commit) => ({ ...commit, subject: `${commit.subject}0` }),
      (commit) => ({ ...commit, body: Buffer.from('{}') }),
      (commit) => ({ ...commit, position: '1:7' }),
    );
    const changes = fc.uniqueArray(fc.tuple(fc.nat({ max: SIZE - 1 }), change), {
      ...{ minLength: 1, maxLength: 6, selector: ([at]: [number, unknown]) => at },
    });
    await fc.assert(
      fc.asyncProperty(changes, async (all) => {
        const given = [...leaves];
        for (const [at, by] of all) given[at] = commitLeaf(by(log[at]!));
        const changed = all
          .map(([at]) => at)
          .filter((at) => !given[at]!.every((byte, index) => byte === leaves[at]![index]))
          .sort((a, b) => a - b);
        expect(await found(withLeaves(given))).toEqual(changed.map((at) => `${positionOf(at)} commit-changed`));
      }),
      { numRuns: 20 },
    );
  }, 360_000);
});

describe('a copy whose tiles were changed with it', () => {
  /** Another log, signed by nobody, whole in itself. */
  const rewritten = () => copyOf(log.with(300, { ...log[300]!, subject: 'log.forged' }));

  it('is never right, and its places are named by tiles from elsewhere', async () => {
    const { copy } = await rewritten();
    expect(await found(copy)).toEqual([' log-changed', '/checkpoint checkpoint-other']);
    expect(await found(copy, { own: kept })).toEqual([' log-changed']);
    const named = await found(copy, { tiles: whole });
    expect(named).toContain('2:1 commit-changed');
    expect(named).toContain('/tile/0/001 tile-wrong');
  });

  it('names both when a tile and a commit were changed, not beneath each other', async () => {
    const copy = withLeaves(leaves.with(3, leaves[9]!));
    const bent = Buffer.from(copy.files.get('tile/0/001')!);
    bent[7]! ^= 1;
    copy.files.set('tile/0/001', bent);
    expect(await found(copy)).toEqual(['1:4 commit-replaced', '/tile/0/001 tile-wrong']);
  });

  it('says which commits could not be compared when the only tile for them was changed too', async () => {
    const copy = withLeaves(leaves.with(300, leaves[301]!));
    const bent = Buffer.from(copy.files.get('tile/0/001')!);
    bent[7]! ^= 1;
    copy.files.set('tile/0/001', bent);
    expect(await found(copy)).toEqual(['/tile/0/001 tile-wrong']);
  });

  it('is proof, when it was signed again', async () => {
    const { copy, head } = await rewritten();
    expect(await found(copy, { own: head })).toEqual(['/checkpoint log-rewritten']);
    expect(await found(whole, { kept: (await copyOf(log.slice(1, 641))).head })).toEqual(['/checkpoint log-rewritten']);
  });

  it('ends before the kept checkpoint, whole in itself: says from where on', async () => {
    const { copy, head } = await copyOf(log.slice(0, 600));
    expect(await found(copy, { own: head, kept: own })).toEqual([' log-changed', '3:51 commit-missing']);
    expect(await found(copy, { kept: own })).toEqual([' log-changed', '3:51 commit-missing']);
    const endless = { size: Number.MAX_SAFE_INTEGER, root: own.root };
    expect(await found(copy, { own: endless, kept: own })).toEqual([
      ...[' log-changed', '3:51 commit-missing', '/checkpoint checkpoint-other'],
    ]);
    expect(await found(memoryCopy(new Map()), { own: endless, kept: endless })).toEqual([
      ' log-changed',
      '1:1 commit-missing',
    ]);
  });
});

describe('a copy that was made at several sizes', () => {
  it('has files of each, and every byte of them is looked at', async () => {
    const earlier = await copyOf(log.slice(0, 600));
    const copy = memoryCopy(new Map([...earlier.copy.files, ...whole.files]));
    expect(await found(copy)).toEqual([]);
    for (const path of earlier.copy.files.keys()) {
      if (whole.files.has(path)) continue;
      const bytes = Buffer.from(copy.files.get(path)!);
      bytes[40]! ^= 1;
      expect(await found(memoryCopy(new Map([...copy.files, [path, bytes]])))).toEqual([`/${path} file-wrong`]);
    }
  });

  it('is named in 200 places at most', async () => {
    const other = await copyOf(log.map((commit) => ({ ...commit, subject: 'log.other' })));
    const findings = await found(other.copy, { tiles: whole, own: kept });
    expect(findings).toHaveLength(201);
    expect(findings.at(-1)).toBe(' more-findings');
  });
});
