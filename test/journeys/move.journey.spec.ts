/**
 * Applications move between two providers while people use them: nothing that was acknowledged is lost, nobody signs in
 * again, and never do both sides take writes. @needs python3 postgres
 */
import { firstAdministrator } from '@freehold/deployment-contract';
import { abandonMove, departures } from '@freehold/portability-contract';
import { eventually } from '@freehold/supervisor/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { calendarEntry, CalendarPerson } from '../kit/calendar-person.js';
import { askDatabase } from '../kit/environment-database.js';
import { differingMedia, notOnce, ownerOfToken, serverKeys, storeMedia } from '../kit/matrix-keepsakes.js';
import { MatrixWriter } from '../kit/matrix-writer.js';
import { MatrixTown } from '../kit/matrix-town.js';
import { MovePair } from '../kit/move-pair.js';
import { environmentFolder, runningOf, sealedFiles } from '../kit/remains.js';
import { WriteProber, type WriteReport } from '../kit/write-prober.js';

let pair: MovePair;
beforeAll(async () => {
  pair = await MovePair.start(5);
}, 540_000);
afterAll(() => pair[Symbol.asyncDispose]());

/** Orders at the source; answers the deployment when it is live. */
async function live(application: string, name: string, settings: Record<string, string> = {}) {
  const { installation, by } = pair.source;
  const { deployment, process } = await installation.order(by, { application, name, settings });
  expect(await installation.ended(by, process)).toMatchObject({ status: 'completed', findings: [] });
  const params = { operator: by.operator, deployment };
  const account = await by.client.done(firstAdministrator, { params });
  return { ...(await pair.shown(pair.source, deployment)), account };
}
type Live = Awaited<ReturnType<typeof live>>;

/** Moves it to its end. */
async function move({ id, names }: Live) {
  const moving = await pair.begin(id);
  expect(await pair.ended(moving)).toMatchObject({ status: 'completed', findings: [] });
  const { address } = pair.target.installation.router;
  expect(await eventually(async () => (await pair.addressOf(names[0]?.name ?? '')) === address)).toBe(true);
  return moving;
}

/** Of an application that has moved: what both providers say, and what is left at the source. */
async function stands(before: Live, moving: Awaited<ReturnType<typeof move>>): Promise<void> {
  const left = await pair.shown(pair.source, before.id);
  const arrived = await pair.shown(pair.target, moving.deployment);
  expect(left.status).toBe('left');
  expect(arrived).toMatchObject({
    ...{ status: 'live', lineage: before.lineage, epoch: before.epoch + 1, identity: before.identity },
    ...{ application: before.application, version: before.version, settings: before.settings },
  });
  expect(runningOf(pair.source.installation, before.environment)).toEqual([]);
  const comparison = await pair.comparison(moving);
  expect(comparison).toMatchObject({ equal: true, differences: [] });
  expect(comparison?.parts.length).toBeGreaterThan(0);
}

function expectOneWriter({ looks, bothListened, accepted, handoverMs }: WriteReport): void {
  expect(looks).toBeGreaterThan(50);
  expect(bothListened).toBe(0);
  expect(accepted.source.length).toBeGreaterThan(10);
  expect(accepted.target.length).toBeGreaterThan(10);
  expect(handoverMs).toBeGreaterThan(0);
}

describe('a calendar server', () => {
  it('moves with its collections, ETags and sync tokens', async () => {
    const before = await live('radicale', 'cal.freehold.test');
    const { user, password } = before.account;
    const server = pair.serverAt('cal.freehold.test');
    const person = await CalendarPerson.signIn(server, before.account);
    for (const name of ['club', 'home']) {
      const url = `${server.baseUrl}/${user}/${name}/`;
      await person.makeCalendar(url, name);
      for (let n = 0; n < 10; n += 1) await person.write(url, `${name}-${n}`, `Entry ${n} of ${name}`);
    }
    const remembered = await person.look();
    expect(remembered.map(({ entries }) => Object.keys(entries).length)).toEqual([10, 10]);
    await person.makeCalendar(`${server.baseUrl}/${user}/probes/`, 'probes');

    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const prober = new WriteProber({
      source: pair.source.installation,
      target: pair.target.installation,
      environment: before.environment,
      write: async (port, item) => {
        const answer = await fetch(`http://127.0.0.1:${port}/${user}/probes/${item}.ics`, {
          method: 'PUT',
          headers: { authorization, 'content-type': 'text/calendar' },
          body: calendarEntry(item, item),
          signal: AbortSignal.timeout(2_000),
        });
        return answer.status === 201;
      },
    });
    const moving = await move(before);
    expect(await eventually(() => prober.accepted('target').length > 20)).toBe(true);
    const report = await prober.stop();
    expectOneWriter(report);
    await stands(before, moving);

    const now = await person.look();
    const probes = now.find(({ name }) => name === 'probes');
    const found = Object.values(probes?.entries ?? {}).map(({ text }) => /^UID:(.*?)\r?$/m.exec(text)?.[1] ?? '');
    expect(notOnce([...report.accepted.source, ...report.accepted.target], found)).toEqual(new Map());
    expect(now.filter(({ name }) => name !== 'probes')).toEqual(remembered);
    for (const calendar of remembered) {
      expect(await person.changedSince(calendar)).toEqual([]);
      await person.write(calendar.url, 'later', 'After the move');
      expect(await person.changedSince(calendar)).toEqual([`${new URL(calendar.url).pathname}later.ics`]);
    }
  }, 720_000);
});

/** Account data is a write that Synapse does not limit; each side's probes have a key of their own. */
const probeOf = (town: MatrixTown, side: string) =>
  `/user/${encodeURIComponent(town.ada.userId)}/account_data/probe.${side}`;

function matrixProber(town: MatrixTown, { environment }: Live): WriteProber {
  return new WriteProber({
    source: pair.source.installation,
    target: pair.target.installation,
    environment,
    write: async (port, item) => {
      const side = item.split('-')[0] ?? '';
      const answer = await fetch(`http://127.0.0.1:${port}/_matrix/client/v3${probeOf(town, side)}`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${town.ada.accessToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ item }),
        signal: AbortSignal.timeout(2_000),
      });
      return answer.status === 200;
    },
  });
}

/** Moves a Matrix server while Ada writes, and looks whether anything is missing. */
async function moveChat(before: Live, town: MatrixTown): Promise<void> {
  const { ada, grace, room, server } = town;
  const media = await storeMedia(ada, 5, 200_000);
  const tokens = [ada.accessToken, grace.accessToken];
  const owners = await Promise.all(tokens.map((token) => ownerOfToken(server, token)));
  const keys = await serverKeys(server);
  const prober = matrixProber(town, before);
  const writer = new MatrixWriter(ada, room);
  await eventually(() => writer.acknowledged.length >= 5);

  const moving = await move(before);
  const sentBefore = writer.acknowledged.length;
  expect(await eventually(() => writer.acknowledged.length >= sentBefore + 5, { timeoutMs: 180_000 })).toBe(true);
  await writer.stop();
  expect(await eventually(() => prober.accepted('target').length > 10)).toBe(true);
  const report = await prober.stop();
  expectOneWriter(report);
  await stands(before, moving);

  const sent = writer.acknowledged.map(({ id }) => id);
  expect(notOnce(sent, await ada.everyEvent(room))).toEqual(new Map());
  const missing = () => sent.filter((id) => !grace.received.some((each) => each.id === id));
  await eventually(() => missing().length === 0, { timeoutMs: 90_000 });
  expect(missing()).toEqual([]);
  expect(await Promise.all(tokens.map((token) => ownerOfToken(server, token)))).toEqual(owners);
  expect(owners).not.toContain(null);
  expect(await serverKeys(server)).toEqual(keys);
  expect(await differingMedia(ada, media)).toEqual([]);
  // The last one that the source took, or one that was sent after it and whose answer did not come.
  const kept = await ada.ask(probeOf(town, 'source'));
  const number = (item: unknown) => Number(String(item).split('-')[1]);
  expect(number(Object(kept)['item'])).toBeGreaterThanOrEqual(number(report.accepted.source.at(-1)));
}

/** A new Synapse alters its tables for a minute; what is altered after the copy ahead is dumped anew. */
const isUnaltered = async ({ environment }: Live): Promise<boolean> => {
  const sql = 'select count(*) from background_updates';
  return (await askDatabase(pair.source.installation, environment, { database: 'synapse', sql })) === '0';
};

describe('a Matrix server', () => {
  let before: Live;
  let town: MatrixTown;
  beforeAll(async () => {
    before = await live('synapse', 'chat.freehold.test', { contact: 'ada@club.example' });
    town = await MatrixTown.settle(pair.serverAt('chat.freehold.test'), before.account);
  }, 720_000);
  afterAll(() => town.leave());

  it('runs on at the source when the operator there abandons the move while it copies', async () => {
    const { source, target } = pair;
    await storeMedia(town.ada, 16, 4_000_000);
    const [running] = runningOf(source.installation, before.environment);
    const prober = matrixProber(town, before);
    const moving = await pair.begin(before.id);
    const params = { operator: source.by.operator, departure: moving.departure };
    const abandoned: string[] = [];
    const ended = await pair.ended(moving, async (step) => {
      if (step !== 'copy' || abandoned.length > 0) return;
      const { recorded } = await source.by.client.done(departures.get, { params });
      await source.by.client.done(abandonMove, { params });
      abandoned.push(recorded.status);
    });
    expect(abandoned).toEqual(['bound']);
    expect(['failed', 'refused']).toContain(ended.status);
    const undoneSteps = ended.steps.filter(({ state }) => state === 'undone').map(({ name }) => name);
    expect(undoneSteps).toEqual(expect.arrayContaining(['claim-names', 'claim-tenure', 'request-environment', 'copy']));
    expect(ended.steps.filter(({ state }) => !['waiting', 'undone', 'done'].includes(state))).toEqual([]);
    const report = await prober.stop();
    expect(report).toMatchObject({ bothListened: 0, accepted: { target: [] } });
    expect(report.accepted.source.length).toBeGreaterThan(10);

    expect(await source.by.client.done(departures.get, { params })).toMatchObject({
      recorded: { status: 'abandoned' },
    });
    expect(await pair.shown(source, before.id)).toMatchObject({ status: 'live', epoch: before.epoch });
    expect(runningOf(source.installation, before.environment)).toContain(running);
    const undone = await pair.shown(target, moving.deployment);
    expect(undone.status).toBe('undone');
    expect(existsSync(environmentFolder(target.installation, undone.environment))).toBe(false);
    expect(await pair.addressOf('chat.freehold.test')).toBe(source.installation.router.address);
  }, 720_000);

  it('moves on SQLite while people write, after a move that came to nothing', () => moveChat(before, town), 240_000);

  it('moves on PostgreSQL while people write', async () => {
    const settings = { contact: 'ada@club.example', database: 'postgres' };
    const other = await live('synapse', 'talk.freehold.test', settings);
    const people = await MatrixTown.settle(pair.serverAt('talk.freehold.test'), other.account);
    expect(await eventually(() => isUnaltered(other), { timeoutMs: 540_000, intervalMs: 500 })).toBe(true);
    await moveChat(other, people);
    people.leave();
    // Its database was copied while it ran: the bag holds that copy, and what was written until the seal.
    expect(sealedFiles(pair.source.installation, 'database')).toContain('changes.sql');
  }, 1260_000);
});
