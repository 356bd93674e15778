/** The database is lost while everything runs: commands go on, questions wait for better times, and all rows come back. */
import {
  operatorKeys,
  operators,
  registerOperator,
  resumeOperator,
  suspendOperator,
} from '@freehold/accounts-contract';
import { applications } from '@freehold/catalog-contract';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '@freehold/supervisor/testing';
import { isDeepStrictEqual } from 'node:util';
import { type Cell, type Registered, startCell } from '../kit/cell.js';
import { databaseRows } from '../kit/cell-database.js';
import { CONTEXTS } from '../kit/cell-services.js';

/** A question that waits for nothing. */
const BEGINNING = '1:0';

let cell: Cell;
let operator: Registered;

beforeAll(async () => {
  cell = await startCell();
  operator = await cell.registerOperator();
}, 180_000);
afterAll(() => cell.close());

const reached = async () => {
  const after = await cell.log.head();
  await cell.reach(after);
  return after;
};

it('goes on without a database and rebuilds it row for row', async () => {
  const name = cell.contexts.configurationOf('accounts').databaseName;
  await cell.staff.done(suspendOperator, { params: { operator: operator.id } });
  const position = await reached();
  const before = await databaseRows(cell);
  expect(before.size).toBeGreaterThan(CONTEXTS.length);

  await cell.ground.dropDatabase(name);
  for (const row of [operators.list, applications.list] as const) {
    expect(await cell.staff.call(row)).toMatchObject({ kind: 'problem', status: 503, problem: { status: 503 } });
  }
  expect(await operator.owner.call(operatorKeys.list, { params: { operator: operator.id } })).toMatchObject({
    problem: { title: 'Not at the moment', hint: expect.any(String), errors: [] },
  });

  await cell.ground.makeDatabaseAgain(name, CONTEXTS);
  await cell.reach(position);
  await eventually(async () => isDeepStrictEqual(await databaseRows(cell), before), { timeoutMs: 60_000 });
  expect(await databaseRows(cell)).toEqual(before);

  await cell.ground.dropDatabase(name);
  const registered = await cell.staff.call(registerOperator, { body: { name: 'Later', contact: 'later@example.org' } });
  if (registered.kind !== 'done') throw new Error(registered.problem.title);
  await cell.staff.done(resumeOperator, { params: { operator: operator.id } });
  const again = { params: { operator: registered.reply.id }, body: { after: BEGINNING } } as const;
  expect(await cell.staff.call(operators.get, again)).toMatchObject({ status: 503 });
  await cell.ground.makeDatabaseAgain(name, CONTEXTS);
  expect(await eventually(async () => (await cell.staff.call(operators.get, again)).kind === 'done')).toBe(true);
  await reached();
  const shown = await cell.staff.done(operators.get, { params: { operator: operator.id } });
  expect(shown.recorded.status).toBe('active');
}, 180_000);
