/** The shipped packages, installed and run for real. @needs python3 */
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
import { packageConformance } from './package.conformance.js';
import { runFolder } from './package.ground.js';
import { type Site, siteOf } from './package.site.js';
import { synapseCase } from './synapse-case.fixture.js';

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
    // What a calendar program compares to know what changed since it looked last.
    kept: async (site) => {
      const entry = await site.ask('GET', '/ada/calendar/first.ics', { headers: basic(site) });
      const asked = `<propfind xmlns="DAV:"><prop><sync-token/><getetag/></prop></propfind>`;
      const headers = { ...basic(site), depth: '1', 'content-type': 'application/xml' };
      const listed = await site.ask('PROPFIND', '/ada/calendar/', { headers, body: asked });
      const token = /<sync-token>(.+?)<\/sync-token>/.exec(listed.body)?.[1] ?? 'none';
      const since = `<sync-collection xmlns="DAV:"><sync-token>${token}</sync-token><sync-level>1</sync-level><prop><getetag/></prop></sync-collection>`;
      const changes = await site.ask('REPORT', '/ada/calendar/', { headers, body: since });
      // Neither an error nor a change on either side.
      expect(token).toContain('/ns/sync/');
      expect(changes.status).toBe(207);
      expect(changes.body).not.toContain('first.ics');
      return { token, listed: listed.body, entry: entry.body, changes: changes.body };
    },
  },
  () => run.root,
);

packageConformance('synapse on SQLite', synapseCase('sqlite'), () => run.root);

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
      eventually(() => cell.reported(environment).includes(wanted), { timeoutMs: 180_000 });
    const site = async () =>
      siteOf(await router(), { name: nameOf(environment), account: { user: 'ada', password: 'open sesame' } });

    await job({ kind: 'prepare-release', application: 'radicale', version: '3.9.0', digest });
    expect(await eventually(() => cell.outcomes.length === 1, { timeoutMs: 720_000 })).toBe(true);
    await cell.desire(state, open);
    await job({ kind: 'run-hook', hook: 'first-admin', generation: 1 });
    expect(await reported('observed 1 running')).toBe(true);
    expect(await eventually(() => cell.outcomes.length === 2, { timeoutMs: 60_000 })).toBe(true);
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
    expect(await eventually(back, { timeoutMs: 90_000 })).toBe(true);

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
  }, 1080_000);
});
