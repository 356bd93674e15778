/** The shipped packages, installed and run for real. @needs python3 */
import { afterAll, beforeAll, expect } from '@jest/globals';
import { join } from 'node:path';
import { packageConformance } from './package.conformance.js';
import { runFolder } from './package.ground.js';
import type { Site } from './package.site.js';

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

/** One session for the whole suite: it is part of what must stay. */
let token = '';
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
let room = '';

packageConformance(
  'synapse',
  {
    folder: join(SHIPPED, 'synapse'),
    names: { 'server name': 'chat.freehold.test' },
    settings: { registration: 'closed', adminName: 'ada', uploadLimitMebibytes: 3 },
    changedSettings: { registration: 'closed', adminName: 'ada', uploadLimitMebibytes: 5 },
    seen: async (site) => {
      if (token === '') await signIn(site);
      const answered = await site.ask('GET', '/_matrix/client/v1/media/config', {
        headers: { authorization: `Bearer ${token}` },
      });
      return JSON.parse(answered.body) as unknown;
    },
    expected: { before: { 'm.upload.size': 3 * 1024 ** 2 }, after: { 'm.upload.size': 5 * 1024 ** 2 } },
    wrongSettings: { registration: 'sometimes', uploadLimitMebibytes: 0, contact: 'nobody', adminName: 'Ada!' },
    wrongPointers: ['/registration', '/uploadLimitMebibytes', '/contact', '/adminName'],
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
  },
  () => run.root,
);
