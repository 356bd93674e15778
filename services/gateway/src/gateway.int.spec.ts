import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Problem } from '@freehold/kernel';
import { bootService, type PlatformConfiguration, type RunningService } from '@freehold/platform';
import {
  beginEcho,
  cellEcho,
  changeEcho,
  EchoController,
  EchoModule,
  FINDING,
  hostEcho,
  showEcho,
  writeSignerKeys,
} from '@freehold/platform/testing';
import { claimGround, type ClaimedGround } from '@freehold/supervisor/testing';
import { randomUUID } from 'node:crypto';
import { startGateway } from './start-gateway.js';
import { issueTestKey, TestAccountsModule } from './testing/accounts.fixture.js';

const operator = randomUUID();
const owner = issueTestKey(operator, 'owner');
const reader = issueTestKey(operator, 'reader');
const foreigner = issueTestKey(randomUUID(), 'owner');
const staff = issueTestKey('cell', 'staff-admin');
const auditor = issueTestKey('cell', 'auditor');
const echo = `/v1/operators/${operator}/echo`;

interface Ask {
  method?: string;
  key?: string | null;
  body?: unknown;
  text?: string;
  headers?: Record<string, string>;
}

describe('the gateway', () => {
  let ground: ClaimedGround;
  const services: RunningService[] = [];
  let url: string;

  const ask = async (path: string, { method = 'GET', key = owner.key, body, text, headers = {} }: Ask = {}) => {
    const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(key === null ? {} : { Authorization: `Bearer ${key}` }),
        ...(sent === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(method === 'GET' ? {} : { 'Idempotency-Key': randomUUID() }),
        ...headers,
      },
      ...(sent === undefined ? {} : { body: sent }),
    });
    const answered = await response.text();
    const json: unknown = response.headers.get('content-type')?.includes('json') ? JSON.parse(answered) : null;
    return { status: response.status, headers: response.headers, json, text: answered };
  };
  /** The problem, after checking what every problem must be. */
  const problem = async (path: string, asked: Ask = {}) => {
    const { status, headers, json, text } = await ask(path, asked);
    expect(headers.get('content-type')).toBe('application/problem+json');
    const told = Problem.parse(json);
    expect(told.status).toBe(status);
    expect(told.correlationId).toBe(headers.get('freehold-correlation-id'));
    expect(text).not.toMatch(/secret|node_modules|\bat .*:\d+:\d+/i);
    return { ...told, status, code: told.type.split('/').at(-1), headers };
  };
  const post = (ending: string, more: Ask = {}): Ask => ({ method: 'POST', body: { ending }, ...more });

  beforeAll(async () => {
    ground = await claimGround();
    const keys = writeSignerKeys(ground.folder, ['gateway', 'accounts', 'deployment']);
    const config = (name: string): PlatformConfiguration => ({
      natsUrl: ground.natsUrl,
      natsSeedFile: ground.seedFile('admin'),
      signingKeyFile: keys.signingKeyFile(name),
      signerKeysFile: keys.signerKeysFile,
      logLevel: 'silent',
    });
    services.push(await bootService({ name: 'accounts', module: TestAccountsModule, config: config('accounts') }));
    services.push(await bootService({ name: 'deployment', module: EchoModule, config: config('deployment') }));
    const gateway = await startGateway(
      {
        ...config('gateway'),
        listenAddress: '127.0.0.1',
        listenPort: 0,
        publicUrl: 'https://api.freehold.test/',
        healthOf: 'accounts,deployment',
      },
      [changeEcho, showEcho, beginEcho, cellEcho, hostEcho],
    );
    services.unshift(gateway);
    url = gateway.url ?? '';
  });
  afterAll(async () => {
    for (const service of services) await service.stop();
    await ground.release();
  });

  it('answers a query with reply, ETag and position', async () => {
    const { status, headers, json } = await ask(`${echo}?times=3`);
    expect(status).toBe(200);
    expect(json).toEqual({ times: 3, wait: 0, actor: owner.credential, operator });
    expect(headers.get('etag')).toBe('"3"');
    expect(headers.get('freehold-position')).toBe('1:7');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('never answers 304: observed parts change without a new ETag', async () => {
    expect((await ask(echo, { headers: { 'If-None-Match': '"3"' } })).status).toBe(200);
  });

  it('derives the command id from credential, operation and key', async () => {
    const headers = { 'Idempotency-Key': 'the-same', 'If-Match': '"4"' };
    const first = await ask(echo, post('done', { headers }));
    expect(first.json).toMatchObject({ ifMatch: 4, commandId: expect.stringMatching(/-5...-/) });
    expect((await ask(echo, post('done', { headers }))).json).toEqual(first.json);
    expect((await ask(echo, post('done', { headers, key: staff.key }))).json).not.toEqual(first.json);
  });

  it('answers long work with 202 and Location', async () => {
    const { status, headers } = await ask(`${echo}/begin`, { method: 'POST' });
    expect(status).toBe(202);
    expect(headers.get('location')).toMatch(new RegExp(`^/v1/operators/${operator}/processes/`));
  });

  it('passes Prefer: wait on to a query that can wait, at most 60 s', async () => {
    const { json, headers } = await ask(echo, { headers: { Prefer: 'respond-async, wait=100' } });
    expect(json).toMatchObject({ wait: 60 });
    expect(headers.get('preference-applied')).toBe('wait=60');
  });

  describe('who', () => {
    it.each([
      ['none', null],
      ['malformed', 'fh_nothing'],
      ['unknown', `fh_${operator}_${randomUUID()}_5ecret-of-every-test-key`],
      ['with a wrong secret', `fh_${operator}_${owner.credential}_wrong`],
    ])('asks for a valid key: %s', async (_, key) => {
      const told = await problem(echo, { key });
      expect(told).toMatchObject({
        status: 401,
        code: 'unauthorized',
        type: 'https://api.freehold.test/problems/unauthorized',
      });
      expect(told.headers.get('www-authenticate')).toBe('Bearer');
    });

    it('answers a foreign operator as if there were nothing, in the same words', async () => {
      const { correlationId: _a, headers: _h, ...foreign } = await problem(echo, { key: foreigner.key });
      const { correlationId: _b, headers: _i, ...unknown } = await problem(`/v1/operators/${randomUUID()}/echo`);
      const { correlationId: _c, headers: _j, ...nowhere } = await problem('/v1/nowhere');
      expect(foreign).toMatchObject({ status: 404, code: 'not-found' });
      expect(foreign).toEqual(unknown);
      expect(foreign).toEqual(nowhere);
      const change = await problem(echo, post('done', { key: foreigner.key, headers: { 'Idempotency-Key': '' } }));
      expect(change.status).toBe(404);
    });

    it('names the permission that a role lacks', async () => {
      expect(await problem(echo, post('done', { key: reader.key }))).toMatchObject({
        status: 403,
        errors: [{ code: 'permission-missing', detail: expect.stringContaining('deployment:change') }],
      });
      expect(await problem('/v1/echo')).toMatchObject({ status: 403 });
    });

    it('lets staff act for the operator in the path, as far as their role goes', async () => {
      expect((await ask(echo, { key: staff.key })).json).toMatchObject({ operator, actor: staff.credential });
      expect((await ask('/v1/echo', { key: auditor.key })).json).toEqual({ role: 'auditor' });
      expect(await problem(echo, post('done', { key: auditor.key }))).toMatchObject({ status: 403 });
      expect(await problem('/v1/operators/nobody/echo', { key: staff.key })).toMatchObject({ status: 404 });
    });
  });

  describe('what', () => {
    it('lists all findings of a wrong body', async () => {
      const told = await problem(echo, { method: 'POST', body: { ending: 'x', size: 11, more: 1 } });
      expect(told).toMatchObject({ status: 422, code: 'invalid' });
      expect(told.errors.map(({ pointer }) => pointer).sort()).toEqual(['', '/ending', '/size']);
    });

    it.each([
      ['malformed JSON', { text: '{"ending":' }, 400, 'malformed-request'],
      ['no object', { text: '"done"' }, 400, 'malformed-request'],
      [
        'too large a body',
        { text: JSON.stringify({ ending: 'done', text: 'x'.repeat(1_048_577) }) },
        413,
        'payload-too-large',
      ],
      [
        'a body as large as a message',
        { text: JSON.stringify({ ending: 'done', text: 'x'.repeat(1_048_500) }) },
        413,
        'payload-too-large',
      ],
      [
        'another media type',
        { text: 'ending=done', headers: { 'Content-Type': 'text/plain' } },
        415,
        'media-type-unsupported',
      ],
      [
        'no Idempotency-Key',
        { text: '{"ending":"done"}', headers: { 'Idempotency-Key': '' } },
        400,
        'idempotency-key-missing',
      ],
      ['a strange If-Match', { text: '{"ending":"done"}', headers: { 'If-Match': 'W/"3"' } }, 400, 'malformed-request'],
    ])('refuses %s', async (_, asked, status, code) => {
      const runs = EchoController.runs;
      expect(await problem(echo, { method: 'POST', ...asked })).toMatchObject({ status, code });
      expect(EchoController.runs).toBe(runs);
    });

    it('refuses an address that cannot be decoded', async () => {
      expect(await problem('/v1/operators/%FF/echo')).toMatchObject({ status: 400, code: 'malformed-request' });
    });

    it.each([
      ['refused', 422, 'invalid'],
      ['bug', 500, 'internal'],
      ['leaky', 200, null],
      ['outcome-unknown', 503, 'outcome-unknown'],
      ['views-away', 503, 'unavailable'],
    ])('answers an operation that ends %s', async (ending, status, code) => {
      if (code === null) {
        const { text } = await ask(echo, post(ending));
        expect(text).not.toContain('secret');
        return;
      }
      expect(await problem(echo, post(ending))).toMatchObject({
        status,
        code,
        hint: expect.any(String),
        errors: ending === 'refused' ? [FINDING] : [],
      });
    });

    it('does not route what has no HTTP', async () => {
      expect(await problem('/v1/hosts/h1/echo', { key: staff.key })).toMatchObject({ status: 404 });
    });
  });

  it('explains every problem on a page', async () => {
    const { status, text, headers } = await ask('/problems/forbidden', { key: null });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('text/html');
    expect(text).toContain('Your role does not permit this');
    expect(await problem('/problems/constructor')).toMatchObject({ status: 404 });
  });

  it('tells its health, and details only to staff', async () => {
    const { status, json } = await ask('/health', { key: null });
    expect(status).toBe(200);
    expect(json).toEqual({
      status: 'up',
      services: { gateway: { status: 'up' }, accounts: { status: 'up' }, deployment: { status: 'up' } },
    });
    expect((await ask('/health', { key: staff.key })).text).toContain('details');
    expect((await ask('/health', { key: owner.key })).text).not.toContain('details');
  });

  it('answers 503 while a service is away, and says so in its health', async () => {
    const deployment = services.find(({ name }) => name === 'deployment');
    await deployment?.stop();
    const told = await problem(echo);
    expect(told).toMatchObject({ status: 503, code: 'unavailable' });
    expect(told.headers.get('retry-after')).toBe('1');
    expect((await ask('/health', { key: null })).status).toBe(503);
  });
});
