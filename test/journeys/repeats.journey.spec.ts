/** The same command sent again is answered with the same bytes and has one effect, whatever has happened meanwhile. */
import { agreeSubscription, issueKey, operators, registerOperator, suspendOperator } from '@freehold/accounts-contract';
import { operatorLog } from '@freehold/audit-contract';
import { orderDeployment } from '@freehold/deployment-contract';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Operation } from '@freehold/kernel';
import { randomUUID } from 'node:crypto';
import { type Cell, type Registered, startCell } from '../kit/cell.js';
import { askHttp, type HttpAnswer, problemCode, problemOf } from '../kit/cell-http.js';
import { followed } from '../kit/cell-orders.js';
import { pathOf } from '../kit/cell-samples.js';
import { CELL_SERVICES } from '../kit/cell-services.js';

let cell: Cell;
let operator: Registered;

beforeAll(async () => {
  cell = await startCell();
  operator = await cell.registerOperator();
}, 180_000);
afterAll(() => cell.close());

/** Every commit of an operator. */
const happened = async (operator: string) => {
  await cell.reach(await cell.log.head());
  const page = { params: { operator }, body: { limit: 200 } };
  return (await cell.staff.done(operatorLog, page)).items.map(({ position }) => position);
};

interface Command {
  row: Operation;
  body: object;
  idempotencyKey: string;
}
const give = (row: Operation, body: object): Command => ({ row, body, idempotencyKey: randomUUID() });
const send = ({ row, body, idempotencyKey }: Command): Promise<HttpAnswer> =>
  askHttp(cell.url, pathOf(row, { operator: operator.id }), {
    method: row.http?.method ?? 'POST',
    key: cell.staffKey,
    body,
    idempotencyKey,
  });
/** What of an answer must be the same for ever. */
const same = ({ status, headers, text }: HttpAnswer) => ({
  status,
  text,
  etag: headers.get('etag'),
  position: headers.get('freehold-position'),
  location: headers.get('location'),
});

const commands: readonly (readonly [string, () => Command, object])[] = [
  [
    'registering',
    () => give(registerOperator, { name: 'Verein Abend', contact: 'abend@example.org' }),
    { name: 'Anders', contact: 'abend@example.org' },
  ],
  ['giving out a key', () => give(issueKey, { role: 'reader', label: 'for the page' }), { role: 'owner' }],
  [
    'agreeing a subscription',
    () => give(agreeSubscription, { plan: 'medium', places: 7 }),
    { plan: 'medium', places: 8 },
  ],
  ['suspending', () => give(suspendOperator, {}), { more: 1 }],
];

describe('a command sent again', () => {
  it.each(commands)('%s: the same answer, one effect; with another body it is refused', async (_what, make, other) => {
    const command = make();
    const first = await send(command);
    expect(first.status).toBe(200);
    const head = await cell.log.head();
    const again = await Promise.all([send(command), send(command), send(command)]);
    for (const each of again) expect(same(each)).toEqual(same(first));
    const differing = problemOf(await send({ ...command, body: other }));
    expect(differing.status).toBe(422);
    if (!('more' in other)) expect(problemCode(differing)).toBe('idempotency-key-reused');
    expect(await cell.log.head()).toBe(head);
  });

  it('five at once have one effect', async () => {
    const command = give(registerOperator, { name: 'Verein Mittag', contact: 'mittag@example.org' });
    const answers = await Promise.all(Array.from({ length: 5 }, () => send(command)));
    expect(new Set(answers.map((answer) => JSON.stringify(same(answer)))).size).toBe(1);
    const { items } = await cell.staff.done(operators.list, { body: { limit: 200, after: await cell.log.head() } });
    expect(items.filter(({ recorded }) => recorded.name === 'Verein Mittag')).toHaveLength(1);
  });

  it('an order, after it has ended and everything was crashed and started again', async () => {
    const { id, owner, key } = await cell.registerOperator();
    const command = { method: 'POST', key, idempotencyKey: randomUUID() };
    const body = { application: 'radicale', name: 'again.freehold.test' };
    const path = pathOf(orderDeployment, { operator: id });
    const first = await askHttp(cell.url, path, { ...command, body });
    expect(first.status).toBe(202);
    const { process } = orderDeployment.reply.parse(JSON.parse(first.text));
    expect(same(await askHttp(cell.url, path, { ...command, body }))).toEqual(same(first));
    expect(await followed(id, owner, process)).toMatchObject({ status: 'completed' });
    const before = await happened(id);

    for (const service of [...CELL_SERVICES].reverse()) await cell.crash(service);
    await Promise.all(CELL_SERVICES.map((service) => cell.boot(service)));
    expect(same(await askHttp(cell.url, path, { ...command, body }))).toEqual(same(first));
    const other = problemOf(
      await askHttp(cell.url, path, { ...command, body: { ...body, name: 'else.freehold.test' } }),
    );
    expect([other.status, problemCode(other)]).toEqual([422, 'idempotency-key-reused']);
    expect(await happened(id)).toEqual(before);
  }, 180_000);

  it('after a refusal the same key may succeed', async () => {
    const { id, key } = await cell.registerOperator({ places: 0 });
    const command = { method: 'POST', key, idempotencyKey: randomUUID() };
    const body = { application: 'radicale', name: 'later.freehold.test' };
    const path = pathOf(orderDeployment, { operator: id });
    expect((await askHttp(cell.url, path, { ...command, body })).status).toBe(422);
    await cell.staff.done(agreeSubscription, { params: { operator: id }, body: { plan: 'small', places: 1 } });
    expect((await askHttp(cell.url, path, { ...command, body })).status).toBe(202);
  });
});
