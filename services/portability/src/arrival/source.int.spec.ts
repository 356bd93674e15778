import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createProviderKey, grantTextOf, type ProviderKey, signStatement } from '@freehold/peer';
import { createSignerKey } from '@freehold/platform';
import { createIdentityFile } from '@freehold/vault';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Provider } from '../provider/provider.js';
import { Source } from './source.js';

const WELL_KNOWN = '/.well-known/freehold';
const unreachable = { kind: 'refused', findings: [{ pointer: '/grant', code: 'peer-unreachable' }] };

describe('asking a source', () => {
  let folder: string;
  let key: ProviderKey;
  let recipient: string;
  let source: Source;
  let patient: Source;
  const servers: Server[] = [];

  /** A provider that answers like this. */
  async function provider(answer: RequestListener): Promise<string> {
    const server = createServer(answer);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const grantOf = (origin: string) => {
    const expires = new Date(Date.now() + 3_600_000).toISOString();
    const of = { source: origin, departure: randomUUID(), move: 'a.b', deployments: [randomUUID()], to: null, expires };
    return grantTextOf(signStatement('grant', of, key));
  };
  const descriptionOf = (origin: string, more = {}): string => {
    const known = { provider: origin, name: 'Source', zone: 'source.test', protocols: ['moving-v1'] };
    return JSON.stringify({ ...known, keys: [key.jwk], recipient, ...more });
  };
  const take = async (origin: string, by = source) => {
    const beganAt = performance.now();
    const answered = await by.inspect(grantOf(origin), randomUUID());
    expect(performance.now() - beganAt).toBeLessThan(5_000);
    return answered;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'freehold-source-'));
    const providerKeyFile = join(folder, 'provider.key');
    const providerIdentityFile = join(folder, 'provider.identity');
    key = await createProviderKey(providerKeyFile);
    ({ recipient } = await createIdentityFile(providerIdentityFile));
    const logPublicKeyFile = join(folder, 'log.pub');
    await writeFile(logPublicKeyFile, createSignerKey().publicPem);
    const config = {
      ...{
        publicUrl: 'http://127.0.0.3:8420',
        providerName: 'Target',
        zone: 'target.test',
        addressPolicy: 'embedded' as const,
      },
      ...{
        providerKeyFile,
        providerIdentityFile,
        logPublicKeyFile,
        witnessPublicKeyFile: logPublicKeyFile,
        sealMinutes: 30,
      },
    };
    const own = await Provider.open(config);
    source = new Source(own, 400);
    patient = new Source(own, 2_000);
  });
  afterAll(async () => {
    for (const server of servers) server.close().closeAllConnections();
    await rm(folder, { recursive: true });
  });

  it('says so when not even its description comes', async () => {
    expect(await take(await provider(() => undefined))).toMatchObject(unreachable);
  });

  it('says so when it falls silent afterwards', async () => {
    const origin: string = await provider((request, response) => {
      if (request.url === WELL_KNOWN) response.setHeader('content-type', 'application/json').end(descriptionOf(origin));
    });
    expect(await take(origin)).toMatchObject(unreachable);
  });

  it('asks again what was silent once, with the same id', async () => {
    const asked: unknown[] = [];
    const origin: string = await provider((request, response) => {
      const isDescription = request.url === WELL_KNOWN;
      if (!isDescription) asked.push(request.headers['idempotency-key']);
      if (!isDescription && asked.length === 1) return;
      response.setHeader('content-type', 'application/json').end(isDescription ? descriptionOf(origin) : '{}');
    });
    expect(await take(origin, patient)).toMatchObject({ kind: 'refused', findings: [{ code: 'peer-refused' }] });
    expect(asked).toEqual([asked[0], asked[0]]);
  });

  it('says so at once when nobody is there', async () => {
    const origin = await provider(() => undefined);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    expect(await take(origin)).toMatchObject(unreachable);
  });

  it('knows the keys of its log, also those that signed before a change', async () => {
    const logKeyChanges = { also: ['two'], former: ['zero'], successions: [] };
    const origin: string = await provider((_request, response) => {
      const description = descriptionOf(origin, { logKey: 'one', logKeyChanges });
      response.setHeader('content-type', 'application/json').end(description);
    });
    const log = await source.log({ source: { provider: origin, kid: key.jwk.kid } });
    expect(log).toMatchObject({ key: 'one', also: ['two'], former: ['zero'] });
  });
});
