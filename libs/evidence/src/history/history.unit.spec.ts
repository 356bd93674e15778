import { createHash } from 'node:crypto';
import type { Position } from '@freehold/kernel';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatCheckpoint, signCheckpoint, withSignatures } from '../note/checkpoint.js';
import { keysOf, trusted } from '../note/keys.fixture.js';
import { cosigner, noteSigner } from '../note/note-keys.js';
import { memoryTiles } from '../tree/memory.tile-store.js';
import { MerkleTree } from '../tree/merkle-tree.js';
import { readTree } from '../tree/tree-reader.js';
import { commitLeaf, commitLeafHash, commitLeafHashes, leafProblem, type LoggedCommit } from './commit-leaf.js';
import { parseHistoryProof, tlogProofOf } from './history-proof.js';
import { proveHistory } from './prove-history.js';
import { verifyHistory } from './verify-history.js';

const ORIGIN = 'a.example/log';
const SIZE = 700;
const signer = noteSigner(ORIGIN, keysOf(1).privateKey);
const witness = cosigner('w.example', keysOf(2).privateKey);
const keys = { log: [trusted(1, ORIGIN)], witnesses: [trusted(2, 'w.example', 'cosignature')] };
/** A log of two volumes; the second begins with leaf 500. */
const commitAt = (at: number): LoggedCommit => ({
  position: at < 500 ? `1:${at + 1}` : `2:${at - 499}`,
  time: String(1_700_000_000_000_000_000n + BigInt(at)),
  subject: `log.07.deployment._.deployment.${at % 9}`,
  body: Buffer.from(JSON.stringify({ version: at, events: [] })),
});
const CHOSEN = [3, 120, 121, 255, 256, 499, 500, 699];
const commits = CHOSEN.map(commitAt);

describe('a leaf', () => {
  it('is what the design says, byte by byte', () => {
    const leaf = commitLeaf({ position: '2:258', time: '-2', subject: 'log.ü', body: Buffer.from('{}') });
    expect(Buffer.from(leaf).toString('hex')).toBe(
      [
        Buffer.from('freehold-commit/v1').toString('hex'),
        '0000000000000002',
        '0000000000000102',
        'fffffffffffffffe',
        '00000006',
        Buffer.from('log.ü').toString('hex'),
        '00000002',
        '7b7d',
      ].join(''),
    );
  });

  it('is hashed with the prefix of a leaf, also when it is large, one by one or many', () => {
    const large = { ...commitAt(1), body: Buffer.alloc(300_000, 1) };
    const all = [commitAt(0), large, commitAt(2)];
    const expected = all.map((each) => createHash('sha256').update(Buffer.of(0)).update(commitLeaf(each)).digest());
    expect(Buffer.from(commitLeafHashes(all))).toEqual(Buffer.concat(expected));
    expect(Buffer.from(commitLeafHash(large))).toEqual(expected[1]);
  });

  it('differs for commits that differ, whatever is moved between their fields', () => {
    const field = fc.string({ maxLength: 4 });
    const pair = fc.tuple(field, field, field, field);
    fc.assert(
      fc.property(pair, ([a, b, c, d]) => {
        fc.pre(a !== c || b !== d);
        const one = commitLeaf({ ...commitAt(1), subject: a, body: Buffer.from(b) });
        const other = commitLeaf({ ...commitAt(1), subject: c, body: Buffer.from(d) });
        expect(Buffer.compare(one, other)).not.toBe(0);
      }),
    );
  });

  it.each<[string, Partial<LoggedCommit>]>([
    ['a time beyond 64 bits', { time: String(2n ** 63n) }],
    ['a time of another spelling', { time: '0x10' }],
    ['a time with a zero in front', { time: '01' }],
    ['a time of nothing', { time: '' }],
    ['a position of another spelling', { position: '01:1' }],
    ['the position before the first', { position: '1:0' }],
    ['a position of no number', { position: '1:x' as Position }],
    ['half a surrogate pair in its subject', { subject: 'log.\uD800' }],
  ])('is not made of %s', (_, wrong) => {
    expect(leafProblem({ ...commitAt(1), ...wrong })).toEqual(expect.any(String));
    expect(() => commitLeaf({ ...commitAt(1), ...wrong })).toThrow(RangeError);
  });
});

describe('history.proof', () => {
  let proof: string;
  let checkpoint: string;
  const verified = (given: Partial<Parameters<typeof verifyHistory>[0]> = {}) =>
    verifyHistory({ commits, proof, origin: ORIGIN, keys, ...given }).findings.map(
      ({ pointer, code }) => `${pointer} ${code}`,
    );

  beforeAll(async () => {
    const store = memoryTiles();
    const tree = await MerkleTree.open(store);
    await tree.append(commitLeafHashes(Array.from({ length: SIZE }, (_, at) => commitAt(at))));
    await tree.settle();
    const head = { origin: ORIGIN, size: SIZE, root: tree.root(), extensions: [] };
    const cosigned = withSignatures(signCheckpoint(head, signer), [
      witness.cosign(formatCheckpoint(head), 1_700_000_000),
    ]);
    if (cosigned.kind === 'refused') throw new Error('not read');
    checkpoint = cosigned.value;
    const places = CHOSEN.map((index) => ({ position: commitAt(index).position, index }));
    proof = await proveHistory(readTree(store, SIZE), places, { size: SIZE, note: checkpoint });
  });

  it('is believed for the commits that it was made for', () => {
    const { findings, checkpoint: opened } = verifyHistory({ commits, proof, origin: ORIGIN, keys, quorum: 1 });
    expect(findings).toEqual([]);
    expect(opened).toMatchObject({ checkpoint: { size: SIZE }, cosigned: [{ name: 'w.example', at: 1_700_000_000 }] });
  });

  it('names each commit that was changed, in any field', () => {
    const changes: ((commit: LoggedCommit) => LoggedCommit)[] = [
      (commit) => ({ ...commit, time: String(BigInt(commit.time) + 1n) }),
      (commit) => ({ ...commit, subject: `${commit.subject}0` }),
      (commit) => ({ ...commit, body: Buffer.concat([commit.body, Buffer.of(0x20)]) }),
    ];
    for (const change of changes) {
      const given = commits.map((commit, at) => (at === 2 || at === 6 ? change(commit) : commit));
      expect(verified({ commits: given })).toEqual([
        '/commits/1:122 commit-not-in-log',
        '/commits/2:1 commit-not-in-log',
      ]);
    }
  });

  it('names any commit of which any byte was changed', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: commits.length - 1 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (which, where, by) => {
          const body = Buffer.from(commits[which]!.body);
          body[where % body.byteLength]! ^= by;
          const given = commits.with(which, { ...commits[which]!, body });
          expect(verified({ commits: given })).toEqual([`/commits/${commits[which]!.position} commit-not-in-log`]);
        },
      ),
    );
  });

  it('names what is missing, added, exchanged or there twice', () => {
    expect(verified({ commits: commits.slice(1) })).toEqual(['/commits/1:4 commit-missing']);
    expect(verified({ commits: [...commits, commitAt(8)] })).toEqual(['/commits/1:9 commit-unproven']);
    expect(verified({ commits: [...commits, commits[0]!] })).toEqual(['/commits/1:4 commit-repeated']);
    const swapped = [{ ...commits[0]!, body: commits[1]!.body }, ...commits.slice(1)];
    expect(verified({ commits: swapped })).toEqual(['/commits/1:4 commit-not-in-log']);
  });

  it('names a commit whose time is none', () => {
    const given = commits.with(0, { ...commits[0]!, time: 'soon' });
    expect(verified({ commits: given })).toEqual(['/commits/1:4 commit-malformed']);
  });

  it('names a commit that its proof has elsewhere, and blocks out of order', () => {
    expect(verified({ proof: proof.replace('index 120\n', 'index 122\n') })).toContain(
      '/commits/1:121 commit-not-in-log',
    );
    const parsed = parseHistoryProof(proof);
    if (parsed.kind === 'refused') throw new Error('not read');
    const blocks = proof.split('\n\n');
    const moved = [blocks[0], blocks[2], blocks[1], ...blocks.slice(3)].join('\n\n');
    expect(verified({ proof: moved })).toEqual(['/commits/1:121 proof-out-of-order']);
  });

  it('names a commit that the log itself has put before an earlier one', async () => {
    const store = memoryTiles();
    const tree = await MerkleTree.open(store);
    const moved = [commitAt(1), commitAt(0)];
    await tree.append(commitLeafHashes(moved));
    await tree.settle();
    const note = signCheckpoint({ origin: ORIGIN, size: 2, root: tree.root(), extensions: [] }, signer);
    const places = [1, 0].map((index) => ({ position: moved[index]!.position, index }));
    const given = { proof: await proveHistory(readTree(store, 2), places, { size: 2, note }), commits: moved };
    expect(verified(given)).toEqual(['/commits/1:2 proof-out-of-order']);
  });

  it('is refused with any one byte changed', () => {
    const bytes = Buffer.from(proof);
    fc.assert(
      fc.property(fc.nat({ max: bytes.byteLength - 1 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = Buffer.from(bytes);
        changed[at]! ^= by;
        expect(verified({ proof: changed, quorum: 1 })).not.toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is refused from another log, by other keys, and with too few witnesses', () => {
    expect(verified({ origin: 'b.example/log' })).toEqual(['/origin origin-foreign']);
    expect(verified({ keys: { log: [trusted(9, ORIGIN)] } })).toEqual(['/signatures signature-missing']);
    expect(verified({ quorum: 2 })).toEqual(['/checkpoint witnesses-missing']);
    expect(verified({ keys: { log: keys.log }, quorum: 1 })).toEqual(['/checkpoint witnesses-missing']);
  });

  it('has a block for other tools: c2sp.org/tlog-proof', () => {
    const parsed = parseHistoryProof(proof);
    if (parsed.kind === 'refused') throw new Error('not read');
    const [first] = parsed.value.commits;
    const lines = tlogProofOf(first!, checkpoint).split('\n');
    expect(lines.slice(0, 2)).toEqual(['c2sp.org/tlog-proof@v1', 'index 3']);
    expect(lines.indexOf('')).toBe(2 + first!.proof.length);
    expect(lines.slice(3 + first!.proof.length).join('\n')).toBe(checkpoint);
  });
});
