import { expect } from '@jest/globals';
import { join } from 'node:path';
import type { PackageCase } from './package.conformance.js';
import type { Site } from './package.site.js';

type Answer = Record<string, unknown>;

/** A user's session. One for a whole suite: it is part of what must stay. */
class MatrixSession {
  #token = '';

  async ask(site: Site, method: string, path: string, body?: Answer): Promise<Answer> {
    const sent = { headers: await this.headers(site), ...(body && { body }) };
    return answered(await site.ask(method, `/_matrix/client/v3${path}`, sent), path);
  }

  async headers(site: Site): Promise<Record<string, string>> {
    if (this.#token === '') this.#token = String((await signIn(site))['access_token']);
    return { authorization: `Bearer ${this.#token}` };
  }
}

/** Signs in anew with the password. */
async function signIn(site: Site): Promise<Answer> {
  const { user, password } = site.account;
  const body = { type: 'm.login.password', identifier: { type: 'm.id.user', user }, password };
  return answered(await site.ask('POST', '/_matrix/client/v3/login', { body }), '/login');
}

function answered({ status, body }: { status: number; body: string }, path: string): Answer {
  if (status !== 200) throw new Error(`${path} answered ${status}: ${body}`);
  return JSON.parse(body) as Answer;
}

/** An event without its age, which goes on. */
function ageless(event: unknown): unknown {
  const { age: _, unsigned: __, ...rest } = Object(event) as Answer;
  return rest;
}

/** What a user wrote: a message in a room, an attachment, a key for others to take. */
class MatrixContent {
  #room = '';
  #media = '';

  constructor(private readonly session: MatrixSession) {}

  async write(site: Site): Promise<void> {
    const made = await this.session.ask(site, 'POST', '/createRoom', { name: 'Tea' });
    this.#room = encodeURIComponent(String(made['room_id']));
    const message = { msgtype: 'm.text', body: 'Tea with Ada' };
    await this.session.ask(site, 'PUT', `/rooms/${this.#room}/send/m.room.message/first`, message);
    const headers = { ...(await this.session.headers(site)), 'content-type': 'text/plain' };
    const sent = await site.ask('POST', '/_matrix/media/v3/upload', { headers, body: 'a recipe for tea' });
    this.#media = String(answered(sent, '/upload')['content_uri']).slice('mxc://'.length);
    const key = { key: 'a'.repeat(43), signatures: {} };
    await this.session.ask(site, 'POST', '/keys/upload', { one_time_keys: { 'signed_curve25519:AAAAAQ': key } });
  }

  async messages(site: Site, limit: number): Promise<unknown[]> {
    const { chunk } = await this.session.ask(site, 'GET', `/rooms/${this.#room}/messages?dir=b&limit=${limit}`);
    return Array.isArray(chunk) ? chunk : [];
  }

  /** The session of before, a new sign-in with the same password, every event with its id, the attachment. */
  async kept(site: Site): Promise<unknown> {
    const { user_id, device_id } = await this.session.ask(site, 'GET', '/account/whoami');
    const state = Object.values(await this.session.ask(site, 'GET', `/rooms/${this.#room}/state`));
    const headers = await this.session.headers(site);
    const attachment = await site.ask('GET', `/_matrix/client/v1/media/download/${this.#media}`, { headers });
    expect(attachment).toMatchObject({ status: 200, body: 'a recipe for tea' });
    const events = [...state, ...(await this.messages(site, 100))].map(ageless);
    return { user_id, device_id, events, signedIn: (await signIn(site))['user_id'] };
  }
}

/** The package `synapse` on one of its databases. */
export function synapseCase(database: 'sqlite' | 'postgres'): PackageCase {
  const session = new MatrixSession();
  const content = new MatrixContent(session);
  return {
    folder: join(import.meta.dirname, '../../../catalog/packages/synapse'),
    names: { 'server name': 'chat.freehold.test' },
    settings: { database, registration: 'closed', adminName: 'ada', uploadLimitMebibytes: 3 },
    units: database === 'postgres' ? 2 : 1,
    changedSettings: { database, registration: 'closed', adminName: 'ada', uploadLimitMebibytes: 5 },
    seen: async (site) => {
      const asked = { headers: await session.headers(site) };
      return answered(await site.ask('GET', '/_matrix/client/v1/media/config', asked), '/media/config');
    },
    expected: { before: { 'm.upload.size': 3 * 1024 ** 2 }, after: { 'm.upload.size': 5 * 1024 ** 2 } },
    wrongSettings: {
      ...{ registration: 'sometimes', uploadLimitMebibytes: 0, contact: 'nobody', adminName: 'Ada!' },
      database: 'oracle',
    },
    wrongPointers: ['/registration', '/uploadLimitMebibytes', '/contact', '/adminName', '/database'],
    write: (site) => content.write(site),
    read: (site) => content.messages(site, 1),
    content: [expect.objectContaining({ content: { msgtype: 'm.text', body: 'Tea with Ada' } })],
    kept: (site) => content.kept(site),
    // A one-time key that was handed out before the move must not be handed out again after it.
    leftBehind: {
      read: async (site) => (await session.ask(site, 'POST', '/keys/upload', {}))['one_time_key_counts'],
      before: expect.objectContaining({ signed_curve25519: 1 }),
      after: { signed_curve25519: 0 },
    },
  };
}
