import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ProviderDescription } from '@freehold/portability-contract';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Descriptions, fetchDescription } from './descriptions.js';
import { peerClient } from './peer-client.js';
import { createProviderKey, isSignedBy, providerKeyOf, readProviderKey } from './provider-key.js';
import { verifyRequest } from './request-verification.js';

const newKey = () => providerKeyOf(generateKeyPairSync('ed25519').privateKey);
const key = newKey();
let folder: string;
let server: Server;
let origin: string;
let description: ProviderDescription;
let asked = 0;
let answer: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

const sendJson = (response: ServerResponse, body: unknown, status = 200): void =>
  void response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freehold-peer-'));
  server = createServer((request, response) => {
    asked += 1;
    void answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  asked = 0;
  description = {
    provider: origin,
    name: 'Source',
    zone: 'source.example',
    protocols: ['moving-v1', 'something-newer'],
    keys: [key.jwk],
    recipient: `age1${'q'.repeat(58)}`,
  };
  answer = (_request, response) => sendJson(response, { ...description, more: 'later' });
});

describe('a key file', () => {
  it('is made once, for nobody else to read, and answers the same key ever after', async () => {
    const file = join(folder, 'keys', 'provider.pem');
    const [made, again] = await Promise.all([createProviderKey(file), createProviderKey(file)]);
    expect(made.jwk).toEqual(again.jwk);
    expect((await readProviderKey(file)).jwk).toEqual(made.jwk);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, 'keys'))).toEqual(['provider.pem']);
    expect(await readFile(file, 'utf8')).toContain('BEGIN PRIVATE KEY');
    const bytes = Buffer.from('said');
    expect(isSignedBy(made.jwk, bytes, made.sign(bytes))).toBe(true);
    expect(isSignedBy(key.jwk, bytes, made.sign(bytes))).toBe(false);
    expect(made.jwk).not.toHaveProperty('d');
  });

  it('may be a JWK', async () => {
    const file = join(folder, 'provider.jwk');
    const { privateKey } = generateKeyPairSync('ed25519');
    await writeFile(file, JSON.stringify(privateKey.export({ format: 'jwk' })), { mode: 0o600 });
    expect((await readProviderKey(file)).jwk).toEqual(providerKeyOf(privateKey).jwk);
  });

  it('is refused when others may read it, and when it holds something else; nothing of it is told', async () => {
    const file = join(folder, 'open.pem');
    await createProviderKey(file);
    await chmod(file, 0o640);
    await expect(readProviderKey(file)).rejects.toMatchObject({
      name: 'ProviderKeyUnusable',
      hint: `chmod 600 ${file}`,
    });
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
    for (const text of ['', 'S3CRET', '{"kty":"OKP","d":"S3CRET"}', rsa.toString()]) {
      await writeFile(join(folder, 'wrong.pem'), text, { mode: 0o600 });
      const failure = await readProviderKey(join(folder, 'wrong.pem')).catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: 'ProviderKeyUnusable' });
      expect(JSON.stringify([String(failure), failure])).not.toContain('S3CRET');
    }
  });
});

describe('a description', () => {
  const options = { policy: 'embedded' } as const;
  const code = () =>
    fetchDescription(origin, options).then(
      () => 'read',
      ({ code }: { code: string }) => code,
    );

  it('is read, with what is unknown left out', async () => {
    expect(await fetchDescription(origin, options)).toEqual(description);
  });

  it('is asked for once more when nothing comes, and then no more', async () => {
    const impatient = { ...options, timeoutMs: 100 };
    answer = (_request, response) => (asked === 1 ? undefined : sendJson(response, description));
    expect(await fetchDescription(origin, impatient)).toEqual(description);
    answer = () => undefined;
    asked = 0;
    await expect(fetchDescription(origin, impatient)).rejects.toMatchObject({ code: 'timed-out' });
    expect(asked).toBe(2);
  });

  it('is that of the origin that was asked, its keys have their own ids, and everything is in its form', async () => {
    const wrong: Partial<Record<keyof ProviderDescription, unknown>>[] = [
      { provider: 'https://somebody.else' },
      { provider: `${origin}/` },
      { keys: [] },
      { keys: [{ ...key.jwk, kid: newKey().jwk.kid }] },
      { keys: [{ ...key.jwk, crv: 'X25519' }] },
      { recipient: 'age1' },
    ];
    for (const each of wrong) {
      answer = (_request, response) => sendJson(response, { ...description, ...each });
      expect({ each, code: await code() }).toEqual({ each, code: 'not-a-provider' });
    }
    await expect(fetchDescription(`${origin}/path`, options)).rejects.toMatchObject({ code: 'refused-address' });
    await expect(fetchDescription(origin, { policy: 'public' })).rejects.toMatchObject({ code: 'refused-address' });
  });

  it('is asked for once by many, and kept for a minute', async () => {
    let now = 0;
    const descriptions = new Descriptions({ ...options, now: () => now });
    await Promise.all([1, 2, 3].map(() => descriptions.of(origin)));
    now = 59_000;
    expect(await descriptions.keyOf(origin, key.jwk.kid)).toEqual(key.jwk);
    expect(asked).toBe(1);
    now = 60_001;
    await descriptions.of(origin);
    expect(asked).toBe(2);
  });

  it('is asked for anew when it lacks a key, once and not again at once', async () => {
    let now = 0;
    const descriptions = new Descriptions({ ...options, now: () => now });
    const next = newKey().jwk;
    await descriptions.of(origin);
    expect(await descriptions.keyOf(origin, next.kid)).toBeNull();
    expect(asked).toBe(1);
    answer = (_request, response) => sendJson(response, { ...description, keys: [next, key.jwk] });
    now = 5_001;
    expect(await descriptions.keyOf(origin, next.kid)).toEqual(next);
    for (const kid of [1, 2, 3].map(() => newKey().jwk.kid)) expect(await descriptions.keyOf(origin, kid)).toBeNull();
    expect(asked).toBe(2);
  });

  it('stays what it was when it lacks a key and cannot be had anew', async () => {
    let now = 0;
    const descriptions = new Descriptions({ ...options, now: () => now });
    await descriptions.of(origin);
    answer = (_request, response) => sendJson(response, {}, 500);
    now = 5_001;
    expect(await descriptions.keyOf(origin, newKey().jwk.kid)).toBeNull();
    expect(await descriptions.keyOf(origin, key.jwk.kid)).toEqual(key.jwk);
    expect(await descriptions.keyOf(origin, newKey().jwk.kid)).toBeNull();
    expect(asked).toBe(2);
  });

  it('that cannot be had is not asked for again at once', async () => {
    let now = 0;
    const descriptions = new Descriptions({ ...options, now: () => now });
    answer = (_request, response) => sendJson(response, {}, 500);
    await expect(descriptions.of(origin)).rejects.toMatchObject({ code: 'refused' });
    now = 4_000;
    await expect(descriptions.of(origin)).rejects.toMatchObject({ code: 'refused' });
    expect(asked).toBe(1);
    now = 5_001;
    answer = (_request, response) => sendJson(response, description);
    expect(await descriptions.of(origin)).toEqual(description);
  });

  it('is forgotten when there are too many, and not asked for by too many at once', async () => {
    const descriptions = new Descriptions({ ...options, maxEntries: 1, maxConcurrent: 1 });
    await descriptions.of(origin);
    await expect(descriptions.of('http://127.0.0.1:1')).rejects.toMatchObject({ code: 'unreachable' });
    const again = descriptions.of(origin);
    await expect(descriptions.of('http://127.0.0.1:2')).rejects.toThrow('too many');
    await again;
    expect(asked).toBe(2);
  });
});

describe('a client of a peer', () => {
  const client = () =>
    peerClient({ provider: 'https://target.example', key, description, policy: 'embedded', timeoutMs: 2_000 });

  it('sends what the other side can verify, with key and nonce', async () => {
    let verified: unknown;
    answer = async (request, response) => {
      verified = await verifyRequest({
        method: request.method ?? '',
        url: `${origin}${request.url}`,
        headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
        body: await bodyOf(request),
        keys: () => Promise.resolve(key.jwk),
      });
      sendJson(response, { said: true }, 202);
    };
    const call = { idempotencyKey: 'k-1', nonce: 'n-1' };
    expect(await client().call('POST', '/v1/peer/x?a=%20b', { ä: 1 }, call)).toEqual({
      status: 202,
      body: { said: true },
    });
    expect(verified).toEqual({ provider: 'https://target.example', kid: key.jwk.kid, nonce: 'n-1' });
    await client().call('GET', '/v1/peer/x', null);
    expect(verified).toMatchObject({ nonce: null });
  });

  it('hands a problem on, and an empty answer as null', async () => {
    answer = (_request, response) =>
      void response.writeHead(409, { 'Content-Type': 'application/problem+json' }).end('{"status":409}');
    expect(await client().call('GET', '/x', null)).toEqual({ status: 409, body: { status: 409 } });
    answer = (_request, response) => void response.writeHead(204).end();
    expect(await client().call('GET', '/x', null)).toEqual({ status: 204, body: null });
  });

  it('asks at the provider and nowhere else', async () => {
    for (const path of ['//127.0.0.1:1/x', 'x', 'https://elsewhere.example/', '/x#y', String.raw`/\127.0.0.1:1/`]) {
      await expect(client().call('GET', path, null)).rejects.toMatchObject({ code: 'refused-address' });
    }
    expect(asked).toBe(0);
  });
});
