/**
 * A deployment goes from one provider to another, on to a third, and home: all its names lead to it all the time, and where
 * it has been forwards what comes late. @needs python3
 */
import { deployments, firstAdministrator } from '@freehold/deployment-contract';
import { departures, moveProcesses } from '@freehold/portability-contract';
import { names } from '@freehold/provisioning-contract';
import { eventually } from '@freehold/supervisor/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CalendarPerson } from '../kit/calendar-person.js';
import type { Installation } from '../kit/installation.js';
import { addressOf, followingAgent } from '../kit/name-lookup.js';
import { beginMove, moveEnded, type Provider, startProvider } from '../kit/provider.js';
import { agentFetch, routerFetch } from '../kit/router-agent.js';
import { offerTwoNamed, TWO_NAMED } from '../kit/two-named.js';

const NAME = 'trip.freehold.test';

const started: Installation[] = [];
let home: Provider;
let second: Provider;
let third: Provider;

async function provider(args: readonly string[] = []): Promise<Provider> {
  const routerPort = started[0]?.router.port;
  const made = await startProvider({ args, places: 2, ...(routerPort !== undefined && { routerPort }) });
  started.push(made.installation);
  return made;
}

beforeAll(async () => {
  home = await provider();
  second = await provider(['--zone', 'second.test']);
  third = await provider(['--zone', 'third.test']);
}, 720_000);
afterAll(async () => {
  for (const installation of started) await installation[Symbol.asyncDispose]();
}, 180_000);

const shown = async ({ by: { client, operator } }: Provider, deployment: string) =>
  (await client.done(deployments.get, { params: { operator, deployment } })).recorded;

/** Moves it, and waits until both sides have nothing left to do but to erase after 30 days. Answers its new id. */
async function move(from: Provider, to: Provider, deployment: string): Promise<string> {
  const taken = await beginMove(from, to, deployment);
  expect(await moveEnded(to, taken.process)).toMatchObject({ status: 'completed', findings: [] });
  expect(await eventually(async () => (await departing(from))?.at === 'erase', { timeoutMs: 60_000 })).toBe(true);
  return taken.deployment;
}

/** The newest departure: the first step that is not done. */
async function departing({ by: { client, operator } }: Provider) {
  const [latest] = (await client.done(moveProcesses.list, { params: { operator }, body: { limit: 200 } })).items
    .map(({ recorded }) => recorded)
    .filter(({ kind }) => kind === 'depart')
    .toSorted((one, other) => other.startedAt.localeCompare(one.startedAt));
  return latest && { at: latest.steps.find(({ state }) => state !== 'done')?.name, ...latest };
}

const nameAt = async ({ by: { client, operator } }: Provider, name = NAME) =>
  (await client.done(names.list, { params: { operator }, body: {} })).items.find(
    ({ recorded }) => recorded.name === name,
  )?.recorded;

/** What the home's name server says. */
const leadsTo = async ({ installation: { router } }: Provider, name = NAME) =>
  eventually(async () => (await addressOf([home.installation.nameServer], name)) === router.address, {
    timeoutMs: 30_000,
  });

/** Through the router of this one, as somebody whose resolver has not heard yet. */
async function answersAt({ installation: { router } }: Provider, name = NAME): Promise<number> {
  const answer = await routerFetch(router)(`http://${name}:${router.port}/.web/`);
  await answer.arrayBuffer();
  return answer.status;
}

describe('a deployment that moves on', () => {
  it('takes its name along, to a second and a third provider, home, and away again', async () => {
    const { installation, by } = home;
    const ordered = await installation.order(by, { application: 'radicale', name: NAME });
    expect(await installation.ended(by, ordered.process)).toMatchObject({ status: 'completed' });
    const first = await shown(home, ordered.deployment);
    const account = await by.client.done(firstAdministrator, {
      params: { operator: by.operator, deployment: first.id },
    });
    const server = {
      baseUrl: `http://${NAME}:${installation.router.port}`,
      fetch: agentFetch(followingAgent([installation.nameServer])),
    };
    const person = await CalendarPerson.signIn(server, account);
    const calendar = `${server.baseUrl}/${account.user}/trip/`;
    await person.makeCalendar(calendar, 'trip');

    const stays = async (at: Provider, deployment: string, epoch: number) => {
      expect(await leadsTo(at)).toBe(true);
      expect(await shown(at, deployment)).toMatchObject({ status: 'live', epoch, lineage: first.lineage });
      await person.write(calendar, `at-${epoch}`, `Written under epoch ${epoch}`);
      const [found] = await person.look();
      expect(Object.keys(found?.entries ?? {})).toHaveLength(epoch);
    };
    await stays(home, first.id, 1);

    const atSecond = await move(home, second, first.id);
    await stays(second, atSecond, 2);
    expect(await nameAt(home)).toMatchObject({ status: 'delegated-away', via: null });
    expect(await nameAt(second)).toMatchObject({ status: 'attached', via: installation.address });

    const atThird = await move(second, third, atSecond);
    await stays(third, atThird, 3);
    const { address } = third.installation.router;
    expect(await nameAt(home)).toMatchObject({
      delegatedTo: { to: third.installation.address, address },
      deployment: first.id,
    });
    expect(await nameAt(second)).toBeUndefined();
    expect(await nameAt(third)).toMatchObject({ status: 'attached', via: installation.address });
    expect(await Promise.all([home, second, third].map((each) => answersAt(each)))).toEqual([200, 200, 200]);

    const atHome = await move(third, home, atThird);
    await stays(home, atHome, 4);
    expect(atHome).not.toBe(first.id);
    expect(await shown(home, first.id)).toMatchObject({ status: 'left' });
    expect(await nameAt(home)).toMatchObject({ status: 'attached', deployment: atHome, delegatedTo: null });
    expect(await nameAt(third)).toBeUndefined();
    expect(await Promise.all([home, second, third].map((each) => answersAt(each)))).toEqual([200, 200, 200]);

    const again = await move(home, second, atHome);
    await stays(second, again, 5);
    expect(await nameAt(home)).toMatchObject({ status: 'delegated-away', deployment: atHome });
    const gone = await by.client.done(departures.list, { params: { operator: by.operator }, body: {} });
    expect(gone.items.map(({ recorded }) => recorded.status)).toEqual(['opened', 'opened']);
  }, 1800_000);

  it('takes all its names along, when it has several', async () => {
    for (const { installation } of [home, second, third]) await offerTwoNamed(installation);
    const { installation, by } = home;
    const both = ['tour.freehold.test', 'people.freehold.test'] as const;
    const [name, contacts] = both;
    const { deployment, process } = await installation.order(by, {
      ...{ application: TWO_NAMED.application, name, names: { contacts } },
    });
    expect(await installation.ended(by, process)).toMatchObject({ status: 'completed' });
    const taken = [name, contacts].map((each, index) => ({ purpose: TWO_NAMED.purposes[index], name: each }));

    /** It runs there under both names, which its home leads there, and nowhere else are they held. */
    const runsAt = async (at: Provider, id: string, elsewhere: readonly Provider[]) => {
      expect(await shown(at, id)).toMatchObject({ status: 'live', names: taken });
      const via = at === home ? null : installation.address;
      for (const each of both) {
        expect(await leadsTo(at, each)).toBe(true);
        expect(await nameAt(at, each)).toMatchObject({ status: 'attached', deployment: id, via, delegatedTo: null });
        expect(await answersAt(at, each)).toBe(200);
        for (const other of elsewhere) expect(await answersAt(other, each)).toBe(200);
        for (const other of elsewhere.filter((one) => one !== home)) expect(await nameAt(other, each)).toBeUndefined();
      }
    };
    await runsAt(home, deployment, []);
    const atSecond = await move(home, second, deployment);
    await runsAt(second, atSecond, [home]);
    const atThird = await move(second, third, atSecond);
    await runsAt(third, atThird, [home, second]);
    for (const each of both) {
      const away = { status: 'delegated-away', delegatedTo: { to: third.installation.address } };
      expect(await nameAt(home, each)).toMatchObject(away);
    }
    const atHome = await move(third, home, atThird);
    await runsAt(home, atHome, [second, third]);
  }, 1800_000);
});
