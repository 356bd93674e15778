import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Problem } from '@freehold/kernel';
import { contentDigestOf, providerKeyOf, signRequest } from '@freehold/peer';
import { bootService, type PlatformConfiguration, type RunningService } from '@freehold/platform';
import { cellEcho, EchoModule, writeSignerKeys } from '@freehold/platform/testing';
import { providerDescription } from '@freehold/portability-contract';
import { claimGround, type ClaimedGround } from '@freehold/supervisor/testing';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { startGateway } from './start-gateway.js';
import { issueTestKey, TestAccountsModule } from './testing/accounts.fixture.js';
import {
  DESCRIPTION,
  knownPeers,
  peerChange,
  peerQuestion,
  TestPortabilityModule,
} from './testing/portability.fixture.js';

const PUBLIC_URL = 'https://api.freehold.test';
const PEER = 'https://target.example';
const key = providerKeyOf(generateKeyPairSync('ed25519').privateKey);
const staff = issueTestKey('cell', 'staff-admin');
knownPeers.set(PEER, key.jwk);
knownPeers.set('https://away.example', 'unreachable');

interface Ask {
  method?: string;
  path?: string;
  body?: string;
  /** Sent instead of the body that was signed. */
  instead?: string;
  signedUrl?: string;
  provider?: string;
  nonce?: string;
  signer?: typeof key;
  headers?: Record<string, string>;
  more?: Record<string, string>;
}

describe('what other providers ask', () => {
  let ground: ClaimedGround;
  const services: RunningService[] = [];
  let url: string;

  const send = async (path: string, init: RequestInit) => {
    const response = await fetch(url + path, init);
    const json: unknown = await response.json();
    return { status: response.status, json, headers: response.headers };
  };
  const ask = async ({ method = 'POST', path = '/v1/moves/m%201/change?x=1', ...asked }: Ask = {}) => {
    const { body = method === 'GET' ? '' : '{"text": "über"}', provider = PEER, signer = key } = asked;
    const headers = asked.headers ?? { 'Idempotency-Key': 'k-1', 'Content-Type': 'application/json' };
    const signed = await signRequest({
      method,
      url: asked.signedUrl ?? PUBLIC_URL + path,
      headers,
      body: Buffer.from(body),
      key: signer,
      provider,
      nonce: asked.nonce ?? null,
    });
    const sent = asked.instead ?? body;
    return send(path, { method, headers: { ...signed, ...asked.more }, ...(sent === '' ? {} : { body: sent }) });
  };
  const refused = async (asked: Ask) => {
    const { status, json, headers } = await ask(asked);
    const { errors } = Problem.parse(json);
    return { status, codes: errors.map(({ code }) => code), headers };
  };

  beforeAll(async () => {
    ground = await claimGround();
    const keys = writeSignerKeys(ground.folder, ['gateway', 'accounts', 'deployment', 'portability']);
    const config = (name: string): PlatformConfiguration => ({
      natsUrl: ground.natsUrl,
      natsSeedFile: ground.seedFile('admin'),
      signingKeyFile: keys.signingKeyFile(name),
      signerKeysFile: keys.signerKeysFile,
      logLevel: 'silent',
    });
    const modules = { accounts: TestAccountsModule, deployment: EchoModule, portability: TestPortabilityModule };
    for (const [name, module] of Object.entries(modules))
      services.push(await bootService({ name, module, config: config(name) }));
    const gateway = await startGateway(
      {
        ...config('gateway'),
        listenAddress: '127.0.0.1',
        listenPort: 0,
        publicUrl: 'https://API.freehold.test:443/',
        healthOf: '',
      },
      [peerChange, peerQuestion, cellEcho, providerDescription],
    );
    services.unshift(gateway);
    url = gateway.url ?? '';
  });
  afterAll(async () => {
    for (const service of services) await service.stop();
    await ground.release();
  });

  it('is answered to who signed it, the nonce passed on', async () => {
    const { status, json, headers } = await ask({ nonce: 'n-1' });
    expect({ status, json }).toMatchObject({ status: 200, json: { peer: PEER, nonce: 'n-1', text: 'über' } });
    expect(headers.get('cache-control')).toBe('no-store');
    const question = await ask({ method: 'GET', path: '/v1/moves/m?times=3', headers: {} });
    expect(question).toMatchObject({ status: 200, json: { peer: PEER, times: 3 } });
  });

  it('is the same command for the same key of the same provider', async () => {
    const other = providerKeyOf(generateKeyPairSync('ed25519').privateKey);
    knownPeers.set('https://other.example', other.jwk);
    const [first, again, others] = await Promise.all([
      ask(),
      ask({ nonce: 'n-2' }),
      ask({ provider: 'https://other.example', signer: other }),
    ]);
    const idOf = ({ json }: { json: unknown }) => (json as { commandId: string }).commandId;
    expect(idOf(first)).toBe(idOf(again));
    expect(idOf(first)).not.toBe(idOf(others));
  });

  it('is refused without a signature, and says which is asked for', async () => {
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() };
    const {
      status,
      json,
      headers: answered,
    } = await send('/v1/moves/m/change', { method: 'POST', body: '{}', headers });
    expect(status).toBe(401);
    expect(Problem.parse(json).type).toMatch(/\/problems\/unauthorized$/);
    expect(answered.get('www-authenticate')).toBe('Signature');
    expect(answered.get('accept-signature')).toContain('tag="freehold-moving-v1"');
  });

  it('takes no key of ours, not even beside a signature', async () => {
    const Authorization = `Bearer ${staff.key}`;
    expect(await refused({ more: { Authorization } })).toMatchObject({ status: 401, codes: ['key-not-accepted'] });
    const unsigned = await send('/v1/moves/m', { headers: { Authorization } });
    expect(unsigned.status).toBe(401);
  });

  it.each<[string, Ask, string]>([
    ['another body', { instead: '{"text": "other"}' }, 'content-digest-wrong'],
    ['other bytes of the same JSON', { instead: '{"text":"über"}' }, 'content-digest-wrong'],
    ['no body', { instead: '' }, 'content-digest-wrong'],
    [
      'another body and digest',
      { instead: '{}', more: { 'content-digest': contentDigestOf(Buffer.from('{}')) } },
      'signature-wrong',
    ],
    ['another path', { signedUrl: `${PUBLIC_URL}/v1/moves/m2/change?x=1` }, 'signature-wrong'],
    ['another query', { signedUrl: `${PUBLIC_URL}/v1/moves/m%201/change` }, 'signature-wrong'],
    ['another provider', { signedUrl: 'https://elsewhere.example/v1/moves/m%201/change?x=1' }, 'signature-wrong'],
    ['another Idempotency-Key', { more: { 'idempotency-key': 'k-2' } }, 'signature-wrong'],
    ['an If-Match that was not signed', { more: { 'if-match': '"1"' } }, 'signature-incomplete'],
    [
      'the key of somebody else',
      { signer: providerKeyOf(generateKeyPairSync('ed25519').privateKey) },
      'signature-key-unknown',
    ],
    ['a provider that is none', { provider: 'https://nobody.example' }, 'signature-key-unknown'],
  ])('is refused with %s', async (_, asked, code) => {
    expect(await refused(asked)).toMatchObject({ status: 401, codes: [code] });
  });

  it('is unavailable while the provider that is said to have signed cannot be asked', async () => {
    expect(await refused({ provider: 'https://away.example' })).toMatchObject({ status: 503 });
  });

  it('is judged like everything else once it is known who asks', async () => {
    expect(await refused({ headers: { 'Content-Type': 'application/json' } })).toMatchObject({ status: 400 });
    expect(await refused({ body: '{"text": 1}' })).toMatchObject({ status: 422, codes: ['field-invalid'] });
    const tooMuch = JSON.stringify({ text: 'x'.repeat(1_048_577) });
    expect(await refused({ body: tooMuch })).toMatchObject({ status: 413 });
  });

  it('gives a provider nothing that others may ask', async () => {
    expect(await refused({ method: 'GET', path: '/v1/echo', headers: {} })).toMatchObject({ status: 401 });
  });

  it('begins with who we are, for everybody and for a minute', async () => {
    const { status, json, headers } = await send('/.well-known/freehold', {});
    expect({ status, json }).toEqual({ status: 200, json: DESCRIPTION });
    expect(headers.get('cache-control')).toBe('public, max-age=60');
    expect(headers.get('content-type')).toBe('application/json');
    const withKey = await send('/.well-known/freehold', { headers: { Authorization: 'Bearer nothing' } });
    expect(withKey.status).toBe(200);
  });
});
