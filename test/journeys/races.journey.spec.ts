/** Two want what only one can have: the last place of a quota, a name. However often, exactly one gets it. */
import { operatorLog } from '@freehold/audit-contract';
import { agreeSubscription, reservePlace, subscriptions } from '@freehold/accounts-contract';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Finding, type Operation, type Principal } from '@freehold/kernel';
import { nameId } from '@freehold/log';
import { claimNames, names } from '@freehold/provisioning-contract';
import { placeOf } from '@freehold/vault';
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { type Cell, type Registered, startCell } from '../kit/cell.js';
import { type Order, order, type OrderProcess, outcomeOf, stepOf } from '../kit/cell-orders.js';

/** Of the steps that decide, asked as an order's process asks them. */
const RACES = 100;
/** Of whole orders. */
const ORDERS = 8;
const AT_ONCE = 4;

let cell: Cell;

beforeAll(async () => {
  cell = await startCell({ agent: 'none' });
}, 180_000);
afterAll(() => cell.close());

/** Nobody installs anything here: an order that got this far has everything that there is to race for. */
const decided = (process: OrderProcess): boolean =>
  process.endedAt !== null || stepOf(process, 'create-deployment') === 'done';

interface Racer {
  who: Registered;
  wish: Order;
}
const run = async (racers: readonly Racer[]) =>
  Promise.all(
    racers.map(async ({ who, wish }) => outcomeOf(who.id, who.owner, await order(who.id, who.owner, wish), decided)),
  );

/** All the races, some at once; how often the loser was told at the border, and how often by the process. */
async function races(prepare: (race: number) => Promise<readonly Racer[]>, code: string) {
  const lost = { border: 0, process: 0 };
  const numbers = Array.from({ length: ORDERS }, (_, number) => number);
  while (numbers.length > 0) {
    await Promise.all(
      numbers.splice(0, AT_ONCE).map(async (number) => {
        const outcomes = await run(await prepare(number));
        expect(outcomes.filter(({ won }) => won)).toHaveLength(1);
        for (const { at, status, findings } of outcomes.filter(({ won }) => !won)) {
          lost[at] += 1;
          expect({ number, at, status }).toEqual({ number, at, status: at === 'border' ? '422' : 'refused' });
          expect(findings.map((finding) => Finding.parse(finding).code)).toEqual([code]);
          expect(findings[0]?.hint).not.toBe('');
        }
      }),
    );
  }
  expect(lost.border + lost.process).toBe(ORDERS);
  return lost;
}

/** Both at once, `RACES` times: one is done, the other refused with this code alone. */
async function steps<Row extends Operation>(row: Row, code: string, racers: (race: number) => Promise<Racing<Row>[]>) {
  const client = await cell.signedBy('deployment');
  for (let race = 0; race < RACES; race += 1) {
    const answers = await Promise.all(
      (await racers(race)).map(({ operator, body }) => {
        const principal: Principal = { actor: { kind: 'process', id: randomUUID() }, role: 'process', operator };
        return client.call<Operation>(row, { params: { operator }, body, principal, commandId: randomUUID() });
      }),
    );
    const refused = answers.filter((answer) => answer.kind === 'refused');
    expect(answers.map(({ kind }) => kind).sort()).toEqual(['done', 'refused']);
    expect(refused[0]?.findings.map((finding) => Finding.parse(finding).code)).toEqual([code]);
  }
}
interface Racing<Row extends Operation> {
  operator: string;
  body: z.input<Row['body']>;
}

describe('two steps at once, a hundred times', () => {
  it('never both take the last place of a quota', async () => {
    const { id } = await cell.registerOperator({ places: 0 });
    await steps(reservePlace, 'quota-used-up', async (race) => {
      await cell.staff.done(agreeSubscription, { params: { operator: id }, body: { plan: 'small', places: race + 1 } });
      return [1, 2].map(() => ({ operator: id, body: { deployment: randomUUID() } }));
    });
    const after = await cell.log.head();
    const { recorded } = await cell.staff.done(subscriptions.get, { params: { operator: id }, body: { after } });
    expect(recorded.taken).toHaveLength(RACES);
  }, 180_000);

  it('never both claim a name', async () => {
    const two = await Promise.all([cell.registerOperator(), cell.registerOperator()]);
    const vault = await cell.openVault();
    const key = await vault.cellKey('name');
    await steps(claimNames, 'name-taken', (race) =>
      Promise.all(
        two.map(async ({ id }) => {
          const name = `step-${race}.freehold.test`;
          const enciphered = await vault.encipher(await vault.ensureKey(id), placeOf(id, 'deployment.name'), name);
          return {
            operator: id,
            body: { deployment: randomUUID(), names: [{ name: nameId(key, name), purpose: 'web', enciphered }] },
          };
        }),
      ),
    );
    const after = await cell.log.head();
    const lists = await Promise.all(
      two.map(({ id, owner }) => owner.done(names.list, { params: { operator: id }, body: { after, limit: 200 } })),
    );
    expect(lists.flatMap(({ items }) => items.map(({ recorded }) => recorded.name))).toHaveLength(RACES);
  }, 180_000);
});

describe('two whole orders at once', () => {
  it('never both get the last place of a quota', async () => {
    const operators: Registered[] = [];
    const lost = await races(async (number) => {
      const who = await cell.registerOperator({ places: 1 });
      operators.push(who);
      return [1, 2].map((each) => ({ who, wish: { name: `quota-${number}-${each}.freehold.test` } }));
    }, 'quota-used-up');
    expect(lost.process).toBeGreaterThan(0);
    const after = await cell.log.head();
    for (const { id } of operators) {
      const { recorded } = await cell.staff.done(subscriptions.get, { params: { operator: id }, body: { after } });
      expect(recorded.taken).toHaveLength(1);
    }
  }, 270_000);

  it('never both get a name', async () => {
    const [one, other] = await Promise.all([
      cell.registerOperator({ places: 2 * ORDERS }),
      cell.registerOperator({ places: 2 * ORDERS }),
    ]);
    const lost = await races(
      async (number) => [one, other].map((who) => ({ who, wish: { name: `name-${number}.freehold.test` } })),
      'name-taken',
    );
    expect(lost.process).toBeGreaterThan(0);
    const after = await cell.log.head();
    const taken = await Promise.all(
      [one, other].map(({ id }) => cell.staff.done(subscriptions.get, { params: { operator: id }, body: { after } })),
    );
    // The losers gave back what they had taken before: as many places are taken as names were won.
    expect(taken.reduce((sum, { recorded }) => sum + recorded.taken.length, 0)).toBe(ORDERS);
    const { items } = await one.owner.done(operatorLog, { params: { operator: one.id }, body: { limit: 200 } });
    expect(items.map(({ events }) => JSON.stringify(events)).join()).not.toContain(other.id);
  }, 270_000);
});
