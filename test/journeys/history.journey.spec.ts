/** Who sees what of the past: an operator all of its own with data opened, nobody else any of it, and nobody what was erased. */
import { operators } from '@freehold/accounts-contract';
import { operatorLog } from '@freehold/audit-contract';
import { changeSettings, deployments } from '@freehold/deployment-contract';
import { names } from '@freehold/provisioning-contract';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ERASED, type Operation, type Position } from '@freehold/kernel';
import { eventually } from '@freehold/supervisor/testing';
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type Cell, type Registered, startCell } from '../kit/cell.js';
import { followed, order } from '../kit/cell-orders.js';
import { databaseRows } from '../kit/cell-database.js';
import { CONTEXTS } from '../kit/cell-services.js';

const NAME = 'Verein Morgenrot';
const CONTACT = 'vorstand@morgenrot.example';
const DOMAIN = 'morgenrot.freehold.test';

let cell: Cell;
let mine: Registered;
let other: Registered;
let deployment: string;
let before: Position;

beforeAll(async () => {
  cell = await startCell();
  mine = await cell.registerOperator({ name: NAME, contact: CONTACT });
  other = await cell.registerOperator();
  const ordered = await order(mine.id, mine.owner, { name: DOMAIN, settings: { userName: 'morgenrot' } });
  if (ordered.kind !== 'done') throw new Error(JSON.stringify(ordered.problem));
  ({ deployment } = ordered.reply);
  expect(await followed(mine.id, mine.owner, ordered.reply.process)).toMatchObject({ status: 'completed' });
  before = await cell.log.head();
  await cell.reach(before);
}, 180_000);
afterAll(() => cell.close());

const params = () => ({ operator: mine.id, deployment });
const all = { limit: 200 };

describe('an operator', () => {
  it('sees the own history with its data opened', async () => {
    const { items } = await mine.owner.done(operators.history, { params: params() });
    expect(items.map(({ version }) => version)).toEqual([1]);
    expect(items[0]?.events).toMatchObject([{ data: { name: NAME, contact: CONTACT } }]);
    const log = await mine.owner.done(operatorLog, { params: params(), body: all });
    expect(JSON.stringify(log)).toContain(DOMAIN);
    expect(new Set(log.items.map(({ operator }) => operator))).toEqual(new Set([mine.id]));
    const past = await mine.owner.done(deployments.history, { params: params() });
    expect(past.items.flatMap(({ events }) => events.map(({ type }) => type))).toEqual(
      expect.arrayContaining(['deployment.deployment-ordered.v1', 'deployment.went-live.v1']),
    );
  });

  it('sees nothing of another’s, as if it never was, also below its own path', async () => {
    const from = '1:1';
    const rows = [
      { row: operators.history, body: {} },
      { row: operators.changes, body: { from } },
      { row: deployments.get, body: {} },
      { row: deployments.history, body: {} },
      { row: deployments.changes, body: { from } },
    ] as const;
    for (const { row, body } of rows) {
      const told = async (given: { operator: string; deployment: string }) => {
        const answer = await other.owner.call<Operation>(row, { params: given, body });
        if (answer.kind !== 'problem') throw new Error(`${row.id} was answered`);
        const { correlationId: _, ...problem } = answer.problem;
        return problem;
      };
      const foreign = await told(params());
      expect(foreign.status).toBe(404);
      expect(foreign).toEqual(await told({ operator: randomUUID(), deployment: randomUUID() }));
      if (row.id.startsWith('deployment.')) expect(await told({ operator: other.id, deployment })).toEqual(foreign);
    }
    for (const row of [deployments.list, names.list] as const)
      expect((await other.owner.done(row, { params: { operator: other.id } })).items).toEqual([]);
  });
});

describe('the changes between two moments', () => {
  it('are what was recorded, what is, the difference as a JSON Patch, and who made it so', async () => {
    const from = await cell.log.head();
    const unchanged = await mine.owner.done(deployments.changes, { params: params(), body: { from } });
    expect(unchanged).toMatchObject({ from, to: from, patch: [], commits: [], next: null });
    expect(unchanged.was).toEqual(unchanged.is);
    const { position } = await mine.owner.done(changeSettings, {
      params: params(),
      body: { settings: { page: false } },
    });
    const to = position ?? from;
    const told = await mine.owner.done(deployments.changes, { params: params(), body: { from, to } });
    expect(told).toMatchObject({
      from,
      to,
      was: unchanged.is,
      is: { position: to, etag: (unchanged.is?.etag ?? 0) + 1 },
    });
    expect(told.patch).toEqual([{ op: 'add', path: '/settings/page', value: false }]);
    expect(told.commits).toMatchObject([
      { position: to, command: { name: 'deployment.change-settings' }, actor: { kind: 'credential' }, cause: null },
    ]);
  });

  it('begin with nothing where there was nothing, and are none before there was anything', async () => {
    const told = await mine.owner.done(deployments.changes, { params: params(), body: { from: '1:0', limit: 2 } });
    expect(told).toMatchObject({ was: null, patch: [{ op: 'replace', path: '', value: told.is?.recorded }] });
    expect(told.commits).toHaveLength(2);
    const rest = await mine.owner.done(deployments.changes, {
      params: params(),
      body: { from: '1:0', before: told.next ?? '1:0' },
    });
    const all = await mine.owner.done(deployments.history, { params: params() });
    expect([...told.commits, ...rest.commits]).toEqual(all.items);
    const early = await mine.owner.call(deployments.changes, { params: params(), body: { from: '1:0', to: '1:1' } });
    expect(early).toMatchObject({ kind: 'problem', problem: { status: 404 } });
  });

  it('are refused backwards', async () => {
    const answer = await mine.owner.call(deployments.changes, { params: params(), body: { from: before, to: '1:2' } });
    expect(answer).toMatchObject({
      problem: { status: 422, errors: [{ pointer: '/from', code: 'moments-reversed' }] },
    });
  });
});

describe('after the operator’s key was erased', () => {
  beforeAll(async () => {
    await (await cell.openVault()).eraseKey(mine.id);
  });

  it('what was personal shows as erased, now, then and in the history; the rest stays', async () => {
    const shown = await cell.staff.done(operators.get, { params: params() });
    expect(shown.recorded).toMatchObject({ name: ERASED, contact: ERASED, status: 'active' });
    expect(await cell.staff.done(operators.get, { params: params(), body: { at: before } })).toEqual(shown);
    const { recorded } = await cell.staff.done(deployments.get, { params: params() });
    expect(recorded).toMatchObject({ names: [{ name: ERASED }], settings: { userName: ERASED }, status: 'live' });
    const past = await cell.staff.done(operators.history, { params: params() });
    expect(past.items[0]?.events).toMatchObject([{ data: { name: ERASED, contact: ERASED } }]);
    const log = JSON.stringify(await cell.staff.done(operatorLog, { params: params(), body: all }));
    for (const value of [NAME, CONTACT, DOMAIN]) expect(log).not.toContain(value);
  });

  it('a rebuild gives the same rows', async () => {
    const rows = await databaseRows(cell);
    const { databaseName } = cell.contexts.configurationOf('accounts');
    await cell.ground.dropDatabase(databaseName);
    await cell.ground.makeDatabaseAgain(databaseName, CONTEXTS);
    await eventually(async () => isDeepStrictEqual(await databaseRows(cell), rows), { timeoutMs: 60_000 });
    expect(await databaseRows(cell)).toEqual(rows);
  }, 120_000);
});
