/** The shipped packages, installed and run for real. @needs python3 postgres */
import { claimsBelow } from '../backend/process/claims.js';
import { MACHINE_CLAIMS } from '../backend/process/process-backend.options.js';
import { archive, loadPackage } from '@freehold/application-package';
import { type Job } from '@freehold/deployment-contract';
import { askHealth, bootService, configuration, type RunningService } from '@freehold/platform';
import { UnitObservation } from '@freehold/provisioning-contract';
import { eventually } from '@freehold/supervisor/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { agentConfig } from '../agent.config.js';
import { agentService } from '../agent.service.js';
import { nameOf, TestCell } from '../testing/cell.fixture.js';
import { type PackageCase, packageConformance } from './package.conformance.js';
import { runFolder } from './package.ground.js';
import { type Site, siteOf } from './package.site.js';

const SHIPPED = join(import.meta.dirname, '../../../catalog/packages');

let run: Awaited<ReturnType<typeof runFolder>>;
beforeAll(async () => {
  run = await runFolder();
});
afterAll(() => run.remove());

const basic = ({ account }: Site) => ({
  authorization: `Basic ${Buffer.from(`${account.user}:${account.password}`).toString('base64')}`,
});
const EVENT = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:-//Freehold//conformance//EN',
  'BEGIN:VEVENT',
  'UID:first',
  'DTSTAMP:20260101T000000Z',
  'DTSTART:20260102T100000Z',
  'SUMMARY:Tea with Ada',
  'END:VEVENT',
  'END:VCALENDAR',
  '',
].join('\r\n');

packageConformance(
  'radicale',
  {
    folder: join(SHIPPED, 'radicale'),
    names: { web: 'dav.freehold.test' },
    settings: { userName: 'ada', page: true },
    changedSettings: { userName: 'ada', page: false },
    // Without its page Radicale leads to a line of text instead.
    seen: async (site) => (await site.ask('GET', '/.web/')).status,
    expected: { before: 200, after: 302 },
    wrongSettings: { userName: 'Not A Name', uploadLimitBytes: 1, page: 'perhaps', colour: 'red' },
    wrongPointers: ['/userName', '/uploadLimitBytes', '/page', '/colour'],
    write: async (site) => {
      const made = await site.ask('MKCALENDAR', '/ada/calendar/', { headers: basic(site) });
      expect(made.status).toBe(201);
      const headers = { ...basic(site), 'content-type': 'text/calendar' };
      expect((await site.ask('PUT', '/ada/calendar/first.ics', { headers, body: EVENT })).status).toBe(201);
    },
    read: async (site) => {
      const { body } = await site.ask('GET', '/ada/calendar/first.ics', { headers: basic(site) });
      return /^SUMMARY:(.*?)\r?$/m.exec(body)?.[1];
    },
    content: 'Tea with Ada',
  },
  () => run.root,
);

/** A Synapse on one of its databases. One session for the whole suite: it is part of what must stay. */
function synapseOn(database: 'sqlite' | 'postgres'): PackageCase {
  let [token, room] = ['', ''];
  const matrix = async (site: Site, method: string, path: string, body?: Record<string, unknown>) => {
    const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
    const answered = await site.ask(method, `/_matrix/client/v3${path}`, { headers, ...(body && { body }) });
    if (answered.status !== 200) throw new Error(`${method} ${path} answered ${answered.status}: ${answered.body}`);
    return JSON.parse(answered.body) as Record<string, unknown>;
  };
  const signIn = async (site: Site) => {
    const identifier = { type: 'm.id.user', user: site.account.user };
    const { password } = site.account;
    const session = await matrix(site, 'POST', '/login', { type: 'm.login.password', identifier, password });
    token = String(session['access_token']);
  };
  return {
    folder: join(SHIPPED, 'synapse'),
    names: { 'server name': 'chat.freehold.test' },
    settings: { database, registration: 'closed', adminName: 'ada', uploadLimitMebibytes: 3 },
    units: database === 'postgres' ? 2 : 1,
    changedSettings: { database, registration: 'closed', adminName: 'ada', uploadLimitMebibytes: 5 },
    seen: async (site) => {
      if (token === '') await signIn(site);
      const answered = await site.ask('GET', '/_matrix/client/v1/media/config', {
        headers: { authorization: `Bearer ${token}` },
      });
      return JSON.parse(answered.body) as unknown;
    },
    expected: { before: { 'm.upload.size': 3 * 1024 ** 2 }, after: { 'm.upload.size': 5 * 1024 ** 2 } },
    wrongSettings: {
      ...{ registration: 'sometimes', uploadLimitMebibytes: 0, contact: 'nobody', adminName: 'Ada!' },
      database: 'oracle',
    },
    wrongPointers: ['/registration', '/uploadLimitMebibytes', '/contact', '/adminName', '/database'],
    write: async (site) => {
      room = encodeURIComponent(String((await matrix(site, 'POST', '/createRoom', { name: 'Tea' }))['room_id']));
      const body = { msgtype: 'm.text', body: 'Tea with Ada' };
      await matrix(site, 'PUT', `/rooms/${room}/send/m.room.message/first`, body);
    },
    read: async (site) => {
      const { chunk } = await matrix(site, 'GET', `/rooms/${room}/messages?dir=b&limit=1`);
      return chunk;
    },
    content: [expect.objectContaining({ content: { msgtype: 'm.text', body: 'Tea with Ada' } })],
  };
}

packageConformance('synapse on SQLite', synapseOn('sqlite'), () => run.root);
packageConformance('synapse on PostgreSQL', synapseOn('postgres'), () => run.root);

describe('the agent as a service, with radicale', () => {
  let cell: TestCell;
  let service: RunningService;
  beforeAll(async () => {
    cell = await TestCell.open();
    service = await boot();
  });
  afterAll(async () => {
    await service.stop();
    await cell.release();
  });

  function boot(): Promise<RunningService> {
    const folders = { agentFolder: join(run.root, 'agent'), agentDataFolder: run.root };
    const config = configuration(agentConfig, cell.variables(folders));
    const { name, module } = agentService;
    return bootService({ name, module, config, signer: agentService.signer(config) });
  }
  const router = async () => {
    const { details } = await askHealth(cell.connection, 'agent');
    const [address = '', port] = String(Object(details['agent'])['router']).split(':');
    return { address, port: Number(port) };
  };
  const seen = async (environment: string) => {
    const entry = await cell.ops.get(`observation.${environment}`);
    return entry === null ? undefined : UnitObservation.parse(entry.json());
  };

  test('installs, runs, brings back, stops, starts and removes it', async () => {
    const loaded = await loadPackage(join(SHIPPED, 'radicale'));
    if (loaded.kind === 'refused') throw new Error('the package is refused');
    const digest = await cell.publish(archive(loaded.package));
    const amounts = { memoryBytes: 2 ** 28, cpuMillis: 1_000, diskBytes: 2 ** 28 };
    const state = cell.state(digest, { application: 'radicale', version: '3.9.0', amounts });
    const { environment, operator, deployment } = state;
    const open = { settings: { userName: 'ada' }, secrets: { 'first-admin-password': 'open sesame' } };
    const job = (work: Job['work']) =>
      cell.sendJob({ id: randomUUID(), operator, deployment, environment, epoch: 1, work });
    const reported = (wanted: string) =>
      eventually(() => cell.reported(environment).includes(wanted), { timeoutMs: 60_000 });
    const site = async () =>
      siteOf(await router(), { name: nameOf(environment), account: { user: 'ada', password: 'open sesame' } });

    await job({ kind: 'prepare-release', application: 'radicale', version: '3.9.0', digest });
    expect(await eventually(() => cell.outcomes.length === 1, { timeoutMs: 240_000 })).toBe(true);
    await cell.desire(state, open);
    await job({ kind: 'run-hook', hook: 'first-admin', generation: 1 });
    expect(await reported('observed 1 running')).toBe(true);
    expect(await eventually(() => cell.outcomes.length === 2, { timeoutMs: 20_000 })).toBe(true);
    expect(cell.outcomes.map(({ body }) => body.outcome)).toEqual([{ kind: 'succeeded' }, { kind: 'succeeded' }]);
    const made = await (await site()).ask('MKCALENDAR', '/ada/calendar/', { headers: basic(await site()) });
    expect(made.status).toBe(201);

    expect(await eventually(async () => (await seen(environment))?.healthy === true)).toBe(true);
    const pid = (await seen(environment))?.units[0]?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    expect(await reported('repaired radicale started-again')).toBe(true);

    await service.stop();
    service = await boot();
    const back = async () => (await (await site()).ask('GET', '/.well-known/caldav')).status === 301;
    expect(await eventually(back, { timeoutMs: 30_000 })).toBe(true);

    await cell.desire({ ...state, generation: 2, want: 'stopped' }, open);
    expect(await reported('observed 2 stopped')).toBe(true);
    expect((await (await site()).ask('GET', '/')).status).toBe(404);
    await cell.desire({ ...state, generation: 3 }, open);
    expect(await reported('observed 3 running')).toBe(true);
    const kept = await (
      await site()
    ).ask('PROPFIND', '/ada/calendar/', { headers: { ...basic(await site()), depth: '0' } });
    expect(kept.status).toBe(207);

    const last = (await seen(environment))?.units[0]?.pid ?? 0;
    await cell.desire({ ...state, generation: 4, want: 'absent' }, open);
    expect(await reported('observed 4 absent')).toBe(true);
    await expect(access(`/proc/${last}`)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await readdir(join(run.root, 'process/environments'))).toEqual([]);
    expect(await claimsBelow(MACHINE_CLAIMS, run.root)).toEqual([]);
    expect(await claimsBelow(join(run.root, 'process/backend/claims'), run.root)).toEqual([]);
    const repairs = cell.reported(environment).filter((one) => one.startsWith('repaired'));
    expect(repairs).toEqual(['repaired radicale started-again']);
    expect(await askHealth(cell.connection, 'agent')).toMatchObject({
      status: 'up',
      details: { agent: { holding: 1 } },
    });
  }, 360_000);
});
