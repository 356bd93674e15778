/** Volumes of the log end while orders run: whoever orders, follows or asks notices nothing, and all rows come back from all of them. */
import { suspendOperator } from '@freehold/accounts-contract';
import { consistencyProof, inclusionProof } from '@freehold/audit-contract';
import { deployments } from '@freehold/deployment-contract';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  commitLeafHash,
  memoryTiles,
  MerkleTree,
  readTree,
  verifyConsistency,
  verifyInclusion,
} from '@freehold/evidence';
import { parsePosition, type StoredCommit } from '@freehold/kernel';
import { beginVolume, verifyLogStream } from '@freehold/log';
import { eventually } from '@freehold/supervisor/testing';
import { isDeepStrictEqual } from 'node:util';
import { type Cell, type Registered, startCell } from '../kit/cell.js';
import { databaseRows } from '../kit/cell-database.js';
import { followed, order } from '../kit/cell-orders.js';
import { CONTEXTS } from '../kit/cell-services.js';

const ORDERS = 4;
const SIZE = { maxBytes: 2 ** 28 };

let cell: Cell;
let operator: Registered;

beforeAll(async () => {
  cell = await startCell();
  operator = await cell.registerOperator({ places: ORDERS });
}, 180_000);
afterAll(() => cell.close());

/** An order, and how it ended. */
const ordered = async (number: number): Promise<string> => {
  const answer = await order(operator.id, operator.owner, { name: `calendar-${number}.freehold.test` });
  if (answer.kind !== 'done') throw new Error(answer.problem.title);
  return (await followed(operator.id, operator.owner, answer.reply.process)).status;
};

it('orders go on in the next volume, and the one after', async () => {
  const closing = (async () => {
    for (let volume = 1; volume <= 3; volume += 1) {
      const head = await cell.log.head();
      // In the middle of what is under way: as soon as something has happened in this volume.
      await eventually(async () => (await cell.log.head()) !== head, { timeoutMs: 90_000 });
      await beginVolume(cell.admin, SIZE);
    }
  })();
  const orders = await Promise.all(Array.from({ length: ORDERS }, (_, number) => ordered(number)));
  await closing;
  expect(orders).toEqual(orders.map(() => 'completed'));
  await verifyLogStream(cell.admin);
  const { items } = await operator.owner.done(deployments.list, { params: { operator: operator.id } });
  expect(items.map(({ recorded }) => recorded.status)).toEqual(orders.map(() => 'live'));
}, 180_000);

it('every aggregate has one chain through the volumes', async () => {
  const commits = await Array.fromAsync(cell.log.range('1:0', await cell.log.head()));
  expect(new Set(commits.map(({ position }) => parsePosition(position).volume)).size).toBeGreaterThan(2);
  const last = new Map<string, StoredCommit>();
  for (const stored of commits) {
    const before = last.get(stored.subject);
    expect(stored.commit).toMatchObject({
      version: (before?.commit.version ?? 0) + 1,
      previous: before?.position ?? null,
    });
    last.set(stored.subject, stored);
  }
});

it('read models follow over the end of a volume, and a rebuild out of all of them gives the same rows', async () => {
  await beginVolume(cell.admin, SIZE);
  await cell.staff.done(suspendOperator, { params: { operator: operator.id } });
  await cell.reach(await cell.log.head());
  const before = await databaseRows(cell);
  const { databaseName } = cell.contexts.configurationOf('accounts');
  await cell.ground.dropDatabase(databaseName);
  await cell.ground.makeDatabaseAgain(databaseName, CONTEXTS);
  await eventually(async () => isDeepStrictEqual(await databaseRows(cell), before), { timeoutMs: 90_000 });
  expect(await databaseRows(cell)).toEqual(before);
}, 180_000);

it('one tree goes through all volumes, with proofs of the commits at every border and of what was before it', async () => {
  const commits = await Array.fromAsync(cell.log.rangeRaw('1:0', await cell.log.head()));
  const tiles = memoryTiles();
  const tree = await MerkleTree.open(tiles);
  await tree.append(Buffer.concat(commits.map(commitLeafHash)));
  await tree.settle();
  const [size, root] = [commits.length, tree.root()];
  const nobody = cell.client(null);
  const isSigned = async () =>
    (await nobody.call(consistencyProof, { body: { from: size, to: size } })).kind === 'done';
  expect(await eventually(isSigned, { timeoutMs: 60_000 })).toBe(true);
  const borders = commits.flatMap(({ position }, index) => (index > 0 && position.endsWith(':1') ? [index] : []));
  expect(borders.length).toBeGreaterThan(2);
  for (const border of borders) {
    for (const index of [border - 1, border]) {
      const { position } = commits[index]!;
      const given = await nobody.done(inclusionProof, { body: { position, size } });
      const proof = given.proof.map(hash);
      expect(given.index).toBe(index);
      expect(verifyInclusion({ index, size, leaf: commitLeafHash(commits[index]!), proof, root })).toBe(true);
    }
    const { proof } = await nobody.done(consistencyProof, { body: { from: border, to: size } });
    const firstRoot = await readTree(tiles, size).root(border);
    const grown = { first: border, firstRoot, second: size, secondRoot: root, proof: proof.map(hash) };
    expect(verifyConsistency(grown)).toBe(true);
  }
}, 180_000);

const hash = (text: string): Uint8Array => Buffer.from(text, 'base64');
