/**
 * Replay: what was answered once can be asked for again. Random things are done; after each, every resource and list of
 * the operations table is asked, and later asked again at that position and at that instant, and for what is different
 * between two of them. Meanwhile volumes of the log end.
 */
import {
  agreeSubscription,
  issueKey,
  registerOperator,
  resumeOperator,
  revokeKey,
  suspendOperator,
} from '@freehold/accounts-contract';
import { setPolicy, withdrawRelease } from '@freehold/catalog-contract';
import { deployments, orderDeployment } from '@freehold/deployment-contract';
import { OPERATIONS } from '@freehold/gateway';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { comparePositions, Id, type Operation, parsePosition, Position } from '@freehold/kernel';
import { beginVolume } from '@freehold/log';
import { grantMove } from '@freehold/portability-contract';
import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { type Cell, startCell } from '../kit/cell.js';
import { askHttp } from '../kit/cell-http.js';
import { fieldsOf, pathOf } from '../kit/cell-samples.js';

const replayable = OPERATIONS.filter(
  ({ http, body }) => http !== undefined && 'after' in fieldsOf(body) && 'at' in fieldsOf(body),
);
const lists = replayable.filter(({ body }) => 'cursor' in fieldsOf(body));
const itemOf = (list: Operation): Operation => {
  const item = replayable.find(({ id }) => `${id}-list` === list.id);
  if (item === undefined) throw new Error(`${list.id} has no question for one of its items`);
  return item;
};

const Shown = z.object({ recorded: z.record(z.string(), z.json()), etag: z.number(), position: z.string() });
const Changes = z.object({
  was: Shown.nullable(),
  is: Shown.nullable(),
  patch: z.array(z.json()),
  commits: z.array(z.object({ position: Position })),
});
const Listed = z.object({ items: z.array(Shown), next: z.string().nullable(), position: z.string() });

let cell: Cell;

beforeAll(async () => {
  cell = await startCell();
}, 180_000);
afterAll(() => cell.close());

const answered = async (path: string): Promise<unknown> => {
  const { status, text } = await askHttp(cell.url, path, { key: cell.staffKey });
  return status === 200 ? JSON.parse(text) : status;
};
/** Only what can be replayed of an answer: `observed` was seen at that moment. */
const recordedOf = (row: Operation, answer: unknown): unknown =>
  typeof answer === 'number' ? answer : row.id.endsWith('-list') ? Listed.parse(answer) : Shown.parse(answer);

/** Paths of one item: its params are found among what it says of itself. */
function itemPath(item: Operation, operator: string, recorded: Record<string, unknown>): string {
  const params = Object.keys(fieldsOf(item.params)).map((name) => {
    const said =
      name === 'operator' ? operator : name === 'host' ? recorded['name'] : (recorded[name] ?? recorded['id']);
    return [name, String(said)] as const;
  });
  return pathOf(item, Object.fromEntries(params));
}

interface Seen {
  row: Operation;
  path: string;
  recorded: unknown;
}
interface Moment {
  position: Position;
  instant: string;
  seen: Seen[];
}

/** Everything that is shown for an operator, and of the cell, at the end of the log. */
async function lookAt(operators: readonly string[], after: Position): Promise<Seen[]> {
  const seen: Seen[] = [];
  const look = async (row: Operation, path: string) => {
    const answer = await answered(`${path}?after=${after}${row.id.endsWith('-list') ? '&limit=200' : ''}`);
    seen.push({ row, path, recorded: recordedOf(row, answer) });
    return answer;
  };
  for (const list of lists) {
    for (const operator of list.scope === 'operator' ? operators.slice(-2) : [operators[0] ?? '']) {
      const { items } = Listed.parse(await look(list, pathOf(list, { operator })));
      for (const { recorded } of items.slice(-1)) {
        const whose =
          Id.safeParse(recorded['operator'] ?? (list.scope === 'operator' ? operator : recorded['id'])).data ?? '';
        await look(itemOf(list), itemPath(itemOf(list), whose, recorded));
      }
    }
  }
  return seen;
}

/** Once nothing is under way any more: the log's end, and what is shown there. Looked at again if something came between. */
async function momentOf(operators: readonly string[]): Promise<Moment> {
  for (;;) {
    await cell.settled(operators);
    const position = await cell.log.head();
    const seen = await lookAt(operators, position);
    if ((await cell.log.head()) !== position) continue;
    const time = BigInt((await cell.log.read(position))?.time ?? 0);
    const seconds = new Date(Number(time / 1_000_000n)).toISOString().slice(0, 19);
    return { position, instant: `${seconds}.${String(time % 1_000_000_000n).padStart(9, '0')}Z`, seen };
  }
}

type Step =
  | { do: 'register' | 'suspend' | 'resume' | 'issue' | 'revoke' | 'policy' | 'withdraw' | 'grant' }
  | { do: 'agree'; places: number }
  | { do: 'order'; application: 'radicale' | 'synapse'; name: string };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom('register', 'suspend', 'resume', 'issue', 'revoke', 'policy').map((what) => ({ do: what }) as const),
  fc.integer({ min: 0, max: 3 }).map((places) => ({ do: 'agree', places }) as const),
  fc.record({
    do: fc.constant('order' as const),
    application: fc.constantFrom('radicale' as const, 'synapse' as const),
    name: fc.stringMatching(/^[a-z]{1,3}$/),
  }),
);

/** Does it for the newest operator; that something is refused is as good. */
async function take(what: Step, operators: string[], keys: string[]): Promise<void> {
  const operator = operators.at(-1) ?? '';
  const params = { operator };
  switch (what.do) {
    case 'register': {
      const body = { name: `Verein ${operators.length}`, contact: `verein-${operators.length}@example.org` };
      operators.push((await cell.staff.done(registerOperator, { body })).id);
      return;
    }
    case 'suspend':
      return void (await cell.staff.call(suspendOperator, { params }));
    case 'resume':
      return void (await cell.staff.call(resumeOperator, { params }));
    case 'issue':
      keys.push((await cell.staff.done(issueKey, { params, body: { role: 'reader', label: 'a label' } })).id);
      return;
    case 'revoke':
      return void (await cell.staff.call(revokeKey, { params: { operator, key: keys.at(-1) ?? operator } }));
    case 'policy':
      return void (await cell.staff.call(setPolicy, {
        params: { policy: 'other' },
        body: { rule: { kind: 'this-host', host: 'h' } },
      }));
    case 'withdraw':
      return void (await cell.staff.call(withdrawRelease, {
        params: { application: 'x', version: 'y' },
        body: { reason: 'broken' },
      }));
    case 'grant': {
      await cell.settled(operators);
      const { items } = await cell.staff.done(deployments.list, { params });
      const deployment = items.find(({ recorded }) => recorded.status === 'live')?.recorded.id ?? operator;
      return void (await cell.staff.call(grantMove, { params, body: { deployment } }));
    }
    case 'agree':
      return void (await cell.staff.call(agreeSubscription, { params, body: { plan: 'small', places: what.places } }));
    case 'order': {
      const body = { application: what.application, name: `${what.name}.freehold.test`, settings: {} };
      return void (await cell.staff.call(orderDeployment, { params, body }));
    }
  }
}

/** Begins every run, so that there is something of every kind. */
const ONE_OF_EACH: readonly Step[] = [
  { do: 'register' },
  { do: 'agree', places: 2 },
  { do: 'issue' },
  { do: 'order', application: 'radicale', name: 'first' },
  { do: 'grant' },
];

/** There is nothing of these without a second provider, or an agent that reads real files. */
const NOT_IN_ONE_CELL = ['portability.arrival', 'portability.export', 'portability.process'];

/** Each list is the whole log read once more, so not all at once. */
const AT_ONCE = 4;
const questions = new Set<string>();
const compared = new Set<string>();

async function holds({ position, instant, seen }: Moment): Promise<void> {
  const left = [...seen];
  while (left.length > 0) {
    await Promise.all(
      left.splice(0, AT_ONCE).map(async ({ row, path, recorded }) => {
        questions.add(row.id);
        for (const at of [position, instant]) {
          const page = row.id.endsWith('-list') ? '&limit=200' : '';
          const shown = recordedOf(row, await answered(`${path}?at=${at}${page}`));
          expect({ path, at, shown }).toEqual({ path, at, shown: recorded });
        }
      }),
    );
  }
}

/** Everything that was shown at the later moment has changed from what the earlier one answers, by the commits in between. */
async function hasChanged(before: Moment, after: Moment): Promise<void> {
  for (const { row, path, recorded } of after.seen.filter((seen) => !seen.row.id.endsWith('-list'))) {
    const asked = `${path}/changes?from=${before.instant}&to=${after.position}&limit=200`;
    const told = await answered(asked);
    compared.add(`${row.id}-changes`);
    const then = recordedOf(row, await answered(`${path}?at=${before.position}`));
    if (typeof told === 'number') {
      expect({ asked, told, then, recorded }).toEqual({ asked, told: 404, then: 404, recorded: 404 }); // at neither moment
      continue;
    }
    const { was, is, patch, commits } = Changes.parse(told);
    expect({ path, was: was ?? 404, is: is ?? 404 }).toEqual({ path, was: then, is: recorded });
    expect({ path, isSame: patch.length === 0 }).toEqual({
      path,
      isSame: isDeepStrictEqual(was?.recorded, is?.recorded),
    });
    for (const { position } of commits) {
      expect(comparePositions(position, before.position)).toBeGreaterThan(0);
      expect(comparePositions(position, after.position)).toBeLessThanOrEqual(0);
    }
    if (was?.position !== is?.position) expect(commits[0]?.position).toBe(is?.position);
    else expect(commits).toEqual([]);
  }
}

it('answers at a past moment what was answered then', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 3 }), async (steps) => {
      const operators: string[] = [];
      const keys: string[] = [];
      const moments: Moment[] = [];
      for (const each of ONE_OF_EACH) await take(each, operators, keys);
      moments.push(await momentOf(operators));
      for (const each of steps) {
        // What is under way goes on in the next volume of the log.
        await Promise.all([take(each, operators, keys), beginVolume(cell.admin)]);
        moments.push(await momentOf(operators));
      }
      expect(parsePosition(await cell.log.head()).volume).toBeGreaterThan(2);
      for (const moment of moments) await holds(moment);
      for (const [at, moment] of moments.slice(1).entries()) await hasChanged(moments[at] ?? moment, moment);
    }),
    { numRuns: 1, seed: 20_261_121, endOnFailure: true },
  );
  const asked = replayable.map(({ id }) => id).filter((id) => !NOT_IN_ONE_CELL.includes(id));
  expect([...questions].sort()).toEqual(asked.sort());
  const items = asked.filter((id) => !id.endsWith('-list')).map((id) => `${id}-changes`);
  expect([...compared].sort()).toEqual(items.sort());
}, 1800_000);
