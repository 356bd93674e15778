// @needs python3 namespaces nginx openssl unbound
// Two providers on machines of their own, over HTTPS, with 50 ms each way between any two: nothing is exempt from the rules
// for strangers' addresses, and nobody reaches anybody but by name.
import { eventually } from '@freehold/supervisor/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { grantTextOf, readGrantText } from '@freehold/peer';
import { join } from 'node:path';
import { notOnce } from '../kit/matrix-keepsakes.js';
import { type DistantCalendar, digestOf, keep } from '../kit/machines/distant-calendar.js';
import { CALM } from '../kit/machines/internet.js';
import type { Machine } from '../kit/machines/machine.js';
import { MachinePair } from '../kit/machines/machine-pair.js';
import { TestAuthority } from '../kit/machines/test-authority.js';

let pair: MachinePair;
beforeAll(async () => {
  pair = await MachinePair.start();
}, 720_000);
afterAll(() => pair[Symbol.asyncDispose]());

const uidsIn = (entries: Readonly<Record<string, { text: string }>>): string[] =>
  Object.values(entries).map(({ text }) => /^UID:(.*?)\r?$/m.exec(text)?.[1] ?? '');

interface Circumstances {
  /** Of what lies in each part besides. */
  readonly keptBytes?: number;
  /** Done while it moves. */
  readonly meanwhile?: (arrival: string) => Promise<void>;
}

/** Moves it while somebody writes; everything that was remembered, kept or acknowledged is there. */
async function moves(calendar: DistantCalendar, { keptBytes = 50_000, meanwhile }: Circumstances = {}) {
  const { name } = calendar;
  const remembered = await calendar.fill();
  const before = await pair.filesOf(pair.source, name);
  const kept = await Promise.all(
    ['users', 'collections'].map((part) => keep(join(before, part), 'kept.bin', keptBytes)),
  );
  await using writer = await calendar.write('written');
  await eventually(() => writer.acknowledged.length >= 3);

  const arrival = await pair.begin(name);
  await meanwhile?.(arrival);
  const ended = async () => (await pair.progress(arrival).catch(() => undefined))?.status !== 'running';
  expect(await eventually(ended, { timeoutMs: 720_000, intervalMs: 1_000 })).toBe(true);
  expect(await pair.progress(arrival)).toMatchObject({ status: 'completed', findings: [] });

  const sofar = writer.acknowledged.length;
  expect(await eventually(() => writer.acknowledged.length >= sofar + 3, { timeoutMs: 180_000 })).toBe(true);
  const written = await writer.stop();
  const now = await calendar.look();
  const found = now.filter(({ name: each }) => each === 'written').flatMap(({ entries }) => uidsIn(entries));
  expect(notOnce(written, found)).toEqual(new Map());
  expect(now.filter(({ name: each }) => each !== 'written')).toEqual(remembered);
  const after = await pair.filesOf(pair.target, name);
  expect(await Promise.all(['users', 'collections'].map((part) => digestOf(join(after, part, 'kept.bin'))))).toEqual(
    kept,
  );
  expect(await pair.show(pair.source, name)).toMatchObject({ status: 'left' });
  expect(await pair.show(pair.target, name)).toMatchObject({ status: 'live', epoch: 2 });
}

const IS_AT = /running|awaiting/;

/** Pulls the cable of a machine for 20 s. Answers what was seen by the end of them. */
async function cut<Seen>(machine: Machine, look: () => Promise<Seen>): Promise<Seen> {
  await machine.linkDown();
  const cutAt = performance.now();
  await eventually(() => performance.now() - cutAt > 20_000, { timeoutMs: 90_000 });
  const seen = await look();
  await machine.linkUp();
  return seen;
}

describe('a calendar server moves from one machine to another', () => {
  it('with its entries, followed by who uses it', async () => {
    const calendar = await pair.order('cal');
    expect(await pair.addressOf(calendar.name)).toBe(pair.internet.machine('old').address);
    await moves(calendar);
    const there = pair.internet.machine('new').address;
    expect(await eventually(async () => (await pair.addressOf(calendar.name)) === there, { timeoutMs: 90_000 })).toBe(
      true,
    );
    // Who has an old address still is handed on, over HTTPS.
    const url = `https://${calendar.name}/.well-known/caldav`;
    const [direct, handedOn] = [await pair.ask(pair.target, url), await pair.ask(pair.source, url)];
    expect([direct.status, handedOn.status]).toEqual([301, 301]);
    expect((await pair.ask(pair.source, 'https://nobody.apps.old.example/')).status).toBe(404);
  }, 720_000);

  it('although the line is slow, and is cut for 20 s while files are copied and again while it is sealed', async () => {
    const calendar = await pair.order('cut');
    await pair.internet.set({ rateMbit: 8 });
    const seen: unknown[] = [];
    await moves(calendar, {
      keptBytes: 12_000_000,
      meanwhile: async (arrival) => {
        const isCopying = async () =>
          (await pair.progress(arrival)).steps.some(({ name, state }) => name === 'copy' && IS_AT.test(state));
        expect(await eventually(isCopying, { timeoutMs: 360_000, intervalMs: 200 })).toBe(true);
        const before = await pair.internet.packets();
        await eventually(async () => (await pair.internet.packets()) > before + 1_500, { timeoutMs: 90_000 });
        seen.push(await cut(pair.internet.machine('old'), isCopying));

        await pair.internet.set({ delayMs: 300 }); // so that being sealed takes longer than to see it
        const isSealed = async () => (await pair.statusAt(pair.source, calendar.name)) === 'sealed';
        expect(await eventually(isSealed, { timeoutMs: 360_000, intervalMs: 20 })).toBe(true);
        seen.push(await cut(pair.internet.machine('new'), isSealed));
        await pair.internet.set(CALM);
      },
    });
    expect(seen).toEqual([true, true]);
  }, 1440_000);

  it('although one packet in twenty is lost', async () => {
    const calendar = await pair.order('lossy');
    await pair.internet.set({ lossPercent: 5 });
    await moves(calendar, { keptBytes: 500_000 });
    await pair.internet.set(CALM);
  }, 1440_000);
});

describe('what is not as it should be between two providers is said, with its remedy', () => {
  let name: string;
  beforeAll(async () => {
    ({ name } = await pair.order('stays'));
    const authority = await TestAuthority.make(pair.internet.folder, 'unknown-authority');
    const { certificate, key } = await authority.issue('stranger', ['stranger.example']);
    const home = pair.internet.machine('home');
    const server = ['openssl', 's_server', '-www', '-accept', `${home.address}:443`, '-cert', certificate, '-key', key];
    await pair.internet.serve(home, server, /^ACCEPT$/m);
  }, 360_000);

  const refused = [
    ['http://new.example', 'provider-address-refused', 'over https at public addresses'],
    ['https://10.0.0.7', 'provider-address-refused', 'over https at public addresses'],
    ['https://127.0.0.2:8420', 'provider-address-refused', 'over https at public addresses'],
    ['https://inside.example', 'provider-address-refused', 'over https at public addresses'],
    ['https://nobody.example', 'provider-name-unknown', 'dig'],
    ['https://stranger.example', 'provider-certificate-refused', 'NODE_EXTRA_CA_CERTS'],
  ] as const;

  it.each(refused)('to grant to %s', async (to, code, remedy) => {
    const { exitCode, stdout } = await pair.source.operator.types(['move', 'grant', name, '--to', to, '--json']);
    expect(exitCode).toBe(3);
    expect(JSON.parse(stdout).errors).toEqual([
      expect.objectContaining({ pointer: '/to', code, hint: expect.stringContaining(remedy) }),
    ]);
  });

  it.each(refused)('to take from %s', async (source, code, remedy) => {
    const grant = readGrantText(await pair.source.operator.does(['move', 'grant', name]));
    if (Array.isArray(grant)) throw new Error('the grant cannot be read');
    const input = grantTextOf({ ...grant, payload: { ...grant.payload, source } });
    const { exitCode, stdout } = await pair.target.operator.types(['move', 'take', '-', '--json'], { input });
    expect(exitCode).toBe(3);
    expect(JSON.parse(stdout).errors).toEqual([
      expect.objectContaining({ pointer: '/grant', code, hint: expect.stringContaining(remedy) }),
    ]);
  });

  it('of the way to one’s own provider', async () => {
    const distrusting = await pair.source.operator.types(['list'], { env: { NODE_EXTRA_CA_CERTS: '' } });
    expect(distrusting).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('NODE_EXTRA_CA_CERTS=') });
    expect(distrusting.stderr).toContain('The certificate of https://old.example is not accepted');
    const elsewhere = ['login', '--address', 'https://nobody.example', '--key', 'fh_x_y_z'];
    const lost = await pair.source.operator.types(elsewhere);
    expect(lost).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('getent hosts nobody.example') });
    expect(lost.stderr).toContain('The name nobody.example leads nowhere from here');
  });
});
