import type { Position } from '@freehold/kernel';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { memoryTiles } from '../tree/memory.tile-store.js';
import { MerkleTree } from '../tree/merkle-tree.js';
import { commitLeafHashes, type LoggedCommit } from './commit-leaf.js';
import { type CopyClaim, verifyCopy } from './verify-copy.js';

const SIZE = 1_000;
const FIRST_VOLUME = 600;
const commitAt = (at: number): LoggedCommit => ({
  position: at < FIRST_VOLUME ? `1:${at + 1}` : `2:${at - FIRST_VOLUME + 1}`,
  time: String(1_700_000_000_000_000_000n + BigInt(at)),
  subject: `log.07.deployment._.deployment.${at % 9}`,
  body: Buffer.from(JSON.stringify({ version: at })),
});
const log = Array.from({ length: SIZE + 20 }, (_, at) => commitAt(at));
const at = (index: number): Position => log[index]!.position;
const volumes = [{ volume: 1, commits: FIRST_VOLUME }];

const store = memoryTiles();
let checkpoint: CopyClaim['checkpoint'];

/** `<position> <code>` of each finding. */
async function found(copy: readonly LoggedCommit[], given: Partial<CopyClaim> = {}): Promise<string[]> {
  async function* commits(): AsyncGenerator<LoggedCommit> {
    yield* copy;
  }
  const { findings } = await verifyCopy({ commits, checkpoint, tiles: store, volumes, ...given });
  return findings.map(({ pointer, code }) => `${pointer.replace('/commits/', '')} ${code}`);
}

describe('a copy of the log against a checkpoint that was kept', () => {
  beforeAll(async () => {
    const tree = await MerkleTree.open(store);
    await tree.append(commitLeafHashes(log.slice(0, SIZE)));
    await tree.settle();
    checkpoint = { size: SIZE, root: tree.root() };
  });

  it('is right without tiles, also when it has grown since', async () => {
    const alone: Partial<CopyClaim> = { volumes: [] };
    delete alone.tiles;
    expect(await found(log.slice(0, SIZE), alone)).toEqual([]);
    expect(await found(log, alone)).toEqual([]);
  });

  it('names every commit of which a byte was changed', async () => {
    const change = fc.tuple(fc.nat({ max: SIZE - 1 }), fc.nat(), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(change, { minLength: 1, maxLength: 4, selector: ([which]) => which }),
        async (all) => {
          const copy = [...log];
          for (const [which, where, by] of all) {
            const body = Buffer.from(copy[which]!.body);
            body[where % body.byteLength]! ^= by;
            copy[which] = { ...copy[which]!, body };
          }
          const wrong = all.map(([which]) => which).sort((a, b) => a - b);
          expect(await found(copy)).toEqual(wrong.map((which) => `${at(which)} commit-changed`));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('names a commit whose time or subject was changed, or that was replaced', async () => {
    const changed = (which: number, by: Partial<LoggedCommit>) => log.with(which, { ...log[which]!, ...by });
    expect(await found(changed(0, { time: '1700000000000000001' }))).toEqual(['1:1 commit-changed']);
    expect(await found(changed(599, { subject: 'log.07.x' }))).toEqual(['1:600 commit-changed']);
    expect(await found(changed(600, { ...log[3]!, position: '2:1' }))).toEqual(['2:1 commit-changed']);
    expect(await found(changed(999, { time: 'soon' }))).toEqual(['2:400 commit-malformed', '2:400 commit-missing']);
  });

  it('names what was removed, wherever it was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: SIZE - 1 }), fc.integer({ min: 1, max: 300 }), async (from, count) => {
        const to = Math.min(SIZE, from + count);
        expect(await found([...log.slice(0, from), ...log.slice(to, SIZE)])).toEqual([`${at(from)} commit-missing`]);
      }),
      { numRuns: 60 },
    );
  });

  it('names the first commit that was cut off at the end', async () => {
    for (const length of [0, 1, 599, 600, 601, 768, 999]) {
      const expected = length === 0 ? '1:1' : at(length);
      expect(await found(log.slice(0, length))).toEqual([`${expected} commit-missing`]);
    }
  });

  it('names what was exchanged, put in or there twice', async () => {
    const exchanged = log.with(10, { ...log[11]!, position: at(10) }).with(11, { ...log[10]!, position: at(11) });
    expect(await found(exchanged)).toEqual(['1:11 commit-changed', '1:12 commit-changed']);
    const reordered = log.with(10, log[11]!).with(11, log[10]!);
    expect(await found(reordered)).toEqual(['1:11 commit-missing', '1:11 commit-out-of-order']);
    expect(await found([...log.slice(0, 20), log[19]!, ...log.slice(20)])).toEqual(['1:20 commit-out-of-order']);
    const inserted = { ...commitAt(5), position: '1:601' as const };
    expect(await found([...log.slice(0, 600), inserted, ...log.slice(600)])).toContain('1:601 commit-changed');
  });

  it('is wrong somewhere when there are no tiles, or tiles of another log', async () => {
    const copy = log.slice(1);
    const alone: CopyClaim['tiles'] = memoryTiles();
    expect(await found(copy, { tiles: alone })).toEqual([' log-changed']);
    const tree = await MerkleTree.open(alone);
    await tree.append(commitLeafHashes(copy.slice(0, SIZE)));
    await tree.settle();
    expect(await found(copy, { tiles: alone })).toEqual([' log-changed']);
  });

  it('is never called right because of tiles, and tiles that were bent are named', async () => {
    const bent = memoryTiles();
    for (const [path, bytes] of store.tiles) await bent.put(path, bytes);
    const changed = log.with(300, { ...log[300]!, subject: 'log.forged' });
    const tile = Buffer.from(bent.tiles.get('tile/0/001')!);
    tile.set(commitLeafHashes([changed[300]!]), (300 - 256) * 32);
    await bent.put('tile/0/001', tile);
    expect(await found(changed, { tiles: bent })).toEqual(['/tile/0/001 tile-wrong']);
    expect(await found(log, { tiles: bent })).toEqual([]);
    const twice = changed.with(700, { ...changed[700]!, subject: 'log.forged' });
    expect(await found(twice, { tiles: bent })).toEqual(['/tile/0/001 tile-wrong', '2:101 commit-changed']);
  });

  it('is named in 200 places at most', async () => {
    const other = log.map((commit) => ({ ...commit, subject: 'log.other' }));
    const findings = await found(other);
    expect(findings).toHaveLength(201);
    expect(findings.at(-1)).toBe(' more-findings');
  });

  it('is not held up by positions that cannot be', async () => {
    const far = log.with(10, { ...log[10]!, position: '9007199254740991:9007199254740991' });
    expect(await found(far)).toEqual(['1:11 commit-missing']);
    expect(await found(far, { volumes: [] })).not.toEqual([]);
  });

  it('needs no list of volumes while none is cut', async () => {
    expect(await found(log.with(700, { ...log[700]!, subject: 'x' }), { volumes: [] })).toEqual([
      '2:101 commit-changed',
    ]);
  });
});
