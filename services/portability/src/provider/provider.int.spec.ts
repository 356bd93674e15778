import { afterEach, beforeEach, expect, it } from '@jest/globals';
import {
  addProviderKey,
  createProviderKey,
  openStatement,
  type ProviderKey,
  readProviderKey,
  signRequest,
  tidyProviderKeys,
  verifyRequest,
} from '@freehold/peer';
import { createSignerKey } from '@freehold/platform';
import { eventually } from '@freehold/supervisor/testing';
import { createIdentityFile } from '@freehold/vault';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Provider } from './provider.js';

/** Longer than a description that lacks a key is believed: what its provider need not wait for is not tested here. */
const SETTLE_MS = 5_500;
const URL_OF_B = 'http://127.0.0.4:8420/v1/moves/inspect';

let folder: string;
let server: Server;
let a: Provider;
/** Another process with the same files. */
let replica: Provider;
let b: Provider;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freehold-provider-'));
  await writeFile(join(folder, 'log.pub'), createSignerKey().publicPem);
  server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(a.description));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await Promise.all(['a', 'b'].map((name) => createProviderKey(keyFile(name))));
  await Promise.all(['a', 'b'].map((name) => createIdentityFile(join(folder, `${name}.age`))));
  a = await open('a', origin);
  replica = await open('a', origin);
  b = await open('b', 'http://127.0.0.4:8420');
});
afterEach(async () => {
  server.close().closeAllConnections();
  await rm(folder, { recursive: true });
});

const keyFile = (name: string): string => join(folder, `${name}.pem`);
const open = (name: string, publicUrl: string): Promise<Provider> =>
  Provider.open({
    ...{ publicUrl, providerName: name, zone: `${name}.test`, addressPolicy: 'embedded', sealMinutes: 30 },
    ...{ providerKeyFile: keyFile(name), providerIdentityFile: join(folder, `${name}.age`) },
    ...{ logPublicKeyFile: join(folder, 'log.pub'), witnessPublicKeyFile: join(folder, 'log.pub') },
  });
const grantOf = (provider: Provider) => {
  const expires = new Date(Date.now() + 3_600_000).toISOString();
  const of = { source: a.origin, departure: randomUUID(), move: 'a.b', deployments: [randomUUID()], to: null, expires };
  return provider.sign('grant', of);
};

/** Whether `b` believes a request that is signed with this key in the name of `a`. */
async function isBelieved(key: Pick<ProviderKey, 'jwk' | 'sign'>): Promise<boolean> {
  const request = { method: 'POST', url: URL_OF_B, body: new Uint8Array() };
  const headers = await signRequest({ ...request, headers: { 'idempotency-key': 'k' }, key, provider: a.origin });
  const keys = (provider: string, kid: string) => b.keyOfStranger(provider, kid);
  return 'provider' in (await verifyRequest({ ...request, headers, keys }));
}

it('changes its key, in every replica, without a request or a statement that is not believed', async () => {
  const old = await readProviderKey(keyFile('a'));
  const before = grantOf(a);
  const pinned = { provider: a.origin, kid: before.kid };
  const asked: Promise<boolean>[] = [];
  let underWay = 0;
  /** As `a` and its replica sign at that moment; a machine that is too busy for it is not made busier. */
  const asking = setInterval(() => {
    if (underWay > 0) return;
    underWay += 1;
    asked.push(statementBelieved(asked.length % 2 === 0 ? a : replica, pinned).finally(() => (underWay -= 1)));
  }, 20);
  try {
    expect(await isBelieved(old)).toBe(true);
    const from = Date.now() + SETTLE_MS;
    await addProviderKey(keyFile('a'), { provider: a.origin, from: new Date(from), until: new Date(from + 1_500) });
    expect(await eventually(() => a.kid !== old.jwk.kid && replica.kid === a.kid, { timeoutMs: 60_000 })).toBe(true);
    await tidyProviderKeys(keyFile('a'));
    const next = await readProviderKey(keyFile('a'));
    expect(next.jwk.kid).toBe(a.kid);
    expect(await isBelieved(next)).toBe(true);
  } finally {
    clearInterval(asking);
  }
  expect(asked.length).toBeGreaterThan(50);
  expect(new Set(await Promise.all(asked))).toEqual(new Set([true]));
  await expectOverlapEnds(old);
  const key = await b.keyOfKnown(pinned, before.kid);
  expect(key === null ? null : openStatement('grant', before, key)).toEqual(before.payload);
}, 180_000);

const statementBelieved = async (from: Provider, pinned: { provider: string; kid: string }): Promise<boolean> => {
  const grant = grantOf(from);
  const key = await b.keyOfKnown(pinned, grant.kid);
  return key !== null && !Array.isArray(openStatement('grant', grant, key));
};

/** A peer that meets the provider now takes nothing from the old key any more. */
async function expectOverlapEnds(old: ProviderKey): Promise<void> {
  const isOver = () => a.description.keys.every(({ kid }) => kid !== old.jwk.kid);
  expect(await eventually(isOver, { timeoutMs: 30_000 })).toBe(true);
  b = await open('b', 'http://127.0.0.4:8420');
  expect(await isBelieved(old)).toBe(false);
}

it('does not believe a key that nobody before it has signed, though the name says so', async () => {
  const { kid } = grantOf(a);
  await createProviderKey(keyFile('thief'));
  await createIdentityFile(join(folder, 'thief.age'));
  const real = a;
  a = await open('thief', real.origin);
  const forged = grantOf(a);
  expect(await b.keyOf(real.origin, forged.kid)).not.toBeNull();
  expect(await b.keyOfKnown({ provider: real.origin, kid }, forged.kid)).toBeNull();
});
