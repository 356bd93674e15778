import type { Position } from '@freehold/kernel';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { signCheckpoint } from '../note/checkpoint.js';
import { keysOf, trusted } from '../note/keys.fixture.js';
import { noteSigner } from '../note/note-keys.js';
import { memoryTiles } from '../tree/memory.tile-store.js';
import { MerkleTree } from '../tree/merkle-tree.js';
import { readTree } from '../tree/tree-reader.js';
import { checkHistory } from './check-history.js';
import { commitLeafHashes, type LoggedCommit } from './commit-leaf.js';
import { proveHistory } from './prove-history.js';

const ORIGIN = 'a.example/log';
const keys = { log: [trusted(1, ORIGIN)] };
/** A log of 60 commits of six aggregates in two volumes, of which 50 are signed. */
const SIGNED = 50;
const places = Array.from({ length: 60 }, (_, at): Position => (at < 55 ? `1:${at + 1}` : `2:${at - 54}`));
const commitAt = (at: number): LoggedCommit => {
  const commit = {
    ...{ version: Math.floor(at / 6) + 1, previous: places[at - 6] ?? null, at: '2026-11-21T12:00:00.000Z' },
    ...{ actor: { kind: 'system', id: 'test' }, cause: null, correlation: randomUUID() },
    ...{ command: { id: randomUUID(), name: 'deployment.order', digest: '' } },
    events: [{ type: 'deployment.deployment-ordered.v1', data: {} }],
  };
  const subject = `log.07.deployment._.deployment.${at % 6}`;
  return {
    ...{ position: places[at]!, time: String(1_700_000_000_000_000_000n + BigInt(at)), subject },
    body: Buffer.from(JSON.stringify(commit)),
  };
};
const log = places.map((_, at) => commitAt(at));
/** Of one aggregate; the last two of them, 1:51 and 2:2, are newer than the checkpoint. */
const own = log.filter((_, at) => at % 6 === 2);
const at = (position: string) => own.findIndex((each) => each.position === position);

describe('a history beside its proof', () => {
  let proof: string;
  const check = (lines: readonly (LoggedCommit | null)[], of = proof) =>
    checkHistory({ lines, proof: of, origin: ORIGIN, keys });
  const found = (lines: readonly (LoggedCommit | null)[], of = proof) =>
    check(lines, of).findings.map(({ pointer, code }) => `${pointer} ${code}`);

  beforeAll(async () => {
    const store = memoryTiles();
    const tree = await MerkleTree.open(store);
    await tree.append(commitLeafHashes(log.slice(0, SIGNED)));
    await tree.settle();
    const head = { origin: ORIGIN, size: SIGNED, root: tree.root(), extensions: [] };
    const note = signCheckpoint(head, noteSigner(ORIGIN, keysOf(1).privateKey));
    const proven = own.flatMap(({ position }) => {
      const index = places.indexOf(position);
      return index < SIGNED ? [{ position, index }] : [];
    });
    proof = await proveHistory(readTree(store, SIGNED), proven, { size: SIGNED, note });
  });

  it('is proven as far as it was signed, and says from where on it was not', () => {
    expect(check(own)).toMatchObject({ findings: [], commits: 8, unsigned: 2, earlier: 0, through: '1:45' });
    expect(check(own).warnings).toMatchObject([{ pointer: '/commits/1:51', code: 'commits-not-signed' }]);
    expect(check(own.slice(0, 8)).warnings).toEqual([]);
  });

  it('is not believed where the checkpoint covers a commit that is not proven', () => {
    const strange = { ...log[47]!, subject: own[0]!.subject };
    expect(found(own.toSpliced(8, 0, strange))).toContain(`/commits/${strange.position} commit-unproven`);
  });

  it('names what was changed or left out by its position, before the checkpoint and after it', () => {
    const changed = { ...own[3]!, time: '1' };
    expect(found(own.with(3, changed))).toEqual([`/commits/${changed.position} commit-not-in-log`]);
    expect(found(own.toSpliced(3, 1))).toEqual([
      `/commits/${own[3]!.position} commit-missing`,
      `/commits/${own[4]!.position} commit-left-out`,
    ]);
    expect(found(own.toSpliced(at('1:51'), 1))).toEqual(['/commits/2:2 commit-left-out']);
    expect(found([...own.slice(0, 5), null, ...own.slice(6)])).toEqual([
      '/history/6 history-line-malformed',
      `/commits/${own[5]!.position} commit-missing`,
      `/commits/${own[6]!.position} commit-left-out`,
    ]);
  });

  it('says nothing of what came along from earlier providers, whatever it looks like', () => {
    const earlier = [null, { ...commitAt(3), position: own[0]!.position }, null];
    expect(check([...earlier, ...own])).toMatchObject({ findings: [], commits: 8, earlier: 3 });
    expect(check([...earlier, ...own]).warnings.map(({ code }) => code)).toContain('earlier-providers');
  });

  it('is not believed with a checkpoint that was changed, or by another key', () => {
    const [origin, size] = [`${ORIGIN}\n`, `${SIGNED}\n`];
    expect(found(own, proof.replace(origin + size, `${origin}${SIGNED + 1}\n`))).toEqual([
      '/signatures/0 signature-wrong',
    ]);
    const other = checkHistory({ lines: own, proof, origin: ORIGIN, keys: { log: [trusted(2, ORIGIN)] } });
    expect(other).toMatchObject({ checkpoint: null, commits: 0, findings: [{ code: 'signature-missing' }] });
  });
});
