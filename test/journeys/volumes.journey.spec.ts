/** Volumes of the log end while orders run: whoever orders, follows or asks notices nothing, and all rows come back from all of them. */
import { suspendOperator } from '@freehold/accounts-contract';
import { deployments } from '@freehold/deployment-contract';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
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
}, 60_000);
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
      await eventually(async () => (await cell.log.head()) !== head, { timeoutMs: 30_000 });
      await beginVolume(cell.admin, SIZE);
    }
  })();
  const orders = await Promise.all(Array.from({ length: ORDERS }, (_, number) => ordered(number)));
  await closing;
  expect(orders).toEqual(orders.map(() => 'completed'));
  await verifyLogStream(cell.admin);
  const { items } = await operator.owner.done(deployments.list, { params: { operator: operator.id } });
  expect(items.map(({ recorded }) => recorded.status)).toEqual(orders.map(() => 'live'));
}, 60_000);

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
  await eventually(async () => isDeepStrictEqual(await databaseRows(cell), before), { timeoutMs: 30_000 });
  expect(await databaseRows(cell)).toEqual(before);
}, 60_000);
