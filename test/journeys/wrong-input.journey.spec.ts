/** An order that cannot be: everything that speaks against it is told at once, and nothing was done. */
import { orderDeployment } from '@freehold/deployment-contract';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { type Cell, type Registered, startCell } from '../kit/cell.js';
import { askHttp, problemOf } from '../kit/cell-http.js';
import { followed, type Order, order } from '../kit/cell-orders.js';

let cell: Cell;
let operator: Registered;
let full: Registered;

beforeAll(async () => {
  cell = await startCell({ capacity: { memoryBytes: 2 ** 31, cpuMillis: 4000, diskBytes: 4 * 2 ** 30 } });
  [operator, full] = await Promise.all([cell.registerOperator(), cell.registerOperator({ places: 1 })]);
  const taken = await order(full.id, full.owner, { name: 'taken.freehold.test' });
  if (taken.kind !== 'done') throw new Error(JSON.stringify(taken.problem));
  expect(await followed(full.id, full.owner, taken.reply.process)).toMatchObject({ status: 'completed' });
}, 180_000);
afterAll(() => cell.close());

interface Trace {
  head: string;
  secrets: number;
  environments: number;
  running: number;
  files: number;
}
/** What an order could leave behind. */
async function traces(): Promise<Trace> {
  return {
    head: await cell.log.head(),
    secrets: (await cell.vaultKeys()).filter((key) => key.includes('secret')).length,
    environments: cell.host.environments.size,
    running: cell.host.running().length,
    files: readdirSync(cell.ground.folder, { recursive: true }).length,
  };
}

const WRONG_SETTINGS = { registration: 'perhaps', uploadLimitMebibytes: 0, contact: 'nobody', presence: true };

const cases: readonly [string, () => Registered, Order, readonly (readonly [string, string])[]][] = [
  ['an unknown application', () => operator, { application: 'nonesuch' }, [['/application', 'application-unknown']]],
  ['an unknown release', () => operator, { version: '0.0.1' }, [['/version', 'release-unknown']]],
  ['an unknown plan', () => operator, { plan: 'enormous' }, [['/plan', 'plan-unknown']]],
  ['a name that is taken', () => operator, { name: 'taken.freehold.test' }, [['/name', 'name-taken']]],
  ['the same name in capitals', () => operator, { name: ' TAKEN.freehold.test. ' }, [['/name', 'name-taken']]],
  ['a name elsewhere', () => operator, { name: 'calendar.example.org' }, [['/name', 'name-outside-zone']]],
  [
    'what is no name, elsewhere',
    () => operator,
    { name: '-calendar-.example.org' },
    [
      ['/name', 'name-invalid'],
      ['/name', 'name-outside-zone'],
    ],
  ],
  [
    'settings that are wrong in three places',
    () => operator,
    { application: 'synapse', name: 'chat.freehold.test', settings: WRONG_SETTINGS },
    [
      ['/settings/registration', 'setting-not-offered'],
      ['/settings/uploadLimitMebibytes', 'setting-out-of-range'],
      ['/settings/contact', 'setting-form'],
    ],
  ],
  ['a quota that is used up', () => full, { name: 'second.freehold.test' }, [['', 'quota-used-up']]],
  ['a disk that is too small', () => operator, { plan: 'large' }, [['/plan', 'disk-too-small']]],
  [
    'everything at once',
    () => full,
    {
      application: 'synapse',
      plan: 'large',
      name: 'taken.freehold.test',
      settings: { ...WRONG_SETTINGS, unheardOf: 1 },
    },
    [
      ['', 'quota-used-up'],
      ['/name', 'name-taken'],
      ['/plan', 'disk-too-small'],
      ['/plan', 'memory-too-small'],
      ['/settings/registration', 'setting-not-offered'],
      ['/settings/uploadLimitMebibytes', 'setting-out-of-range'],
      ['/settings/contact', 'setting-form'],
      ['/settings/unheardOf', 'setting-unknown'],
    ],
  ],
];

describe('an order of', () => {
  it.each(cases)('%s is refused, and nothing was done', async (_what, who, wish, expected) => {
    const before = await traces();
    const body = { application: 'radicale', name: 'free.freehold.test', ...wish };
    const path = `/v1/operators/${who().id}/deployments`;
    const answer = await askHttp(cell.url, path, { method: 'POST', key: who().key, body });
    const { status, errors } = problemOf(answer);
    expect(status).toBe(422);
    expect(errors.map(({ pointer, code }) => `${pointer} ${code}`).sort()).toEqual(
      expected.map((each) => each.join(' ')).sort(),
    );
    for (const { detail, hint, code } of errors) {
      expect([detail.length > 0, hint.length > 0]).toEqual([true, true]);
      expect(orderDeployment.refusals).toContain(code);
    }
    expect(await traces()).toEqual(before);
  });

  it('an operator without a subscription, or suspended, is refused too', async () => {
    const { id, owner } = await cell.registerOperator({ places: null });
    const missing = await order(id, owner, {});
    expect(missing).toMatchObject({ problem: { errors: [{ code: 'subscription-missing' }] } });
  });
});
