import { generateKeyPairSync } from 'node:crypto';
import type { RequestListener, ServerResponse } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { actorDocument, instanceApi, nodeInfoDocument, ProbeFailure, webFinger, type ProbeTarget } from './index.js';
import { listening } from './testing/activitypub-server.fixture.js';

const SERVER = 'ada.example';
const PUBLIC = 'https://ada.example';
const ID = `${PUBLIC}/actor`;
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
const key = { id: `${ID}#main-key`, owner: ID, publicKeyPem: pem };
const actor = { id: ID, type: 'Application', preferredUsername: SERVER, inbox: `${ID}/inbox`, publicKey: key };
const jrd = {
  subject: `acct:${SERVER}@${SERVER}`,
  links: [{ rel: 'self', type: 'application/activity+json', href: ID }],
};
const SCHEMA = 'http://nodeinfo.diaspora.software/ns/schema/2.1';

const ACTIVITY = 'application/activity+json';
const send = (response: ServerResponse, type: string, value: unknown) =>
  response.setHeader('content-type', type).end(JSON.stringify(value));

type Probe = (target: ProbeTarget) => Promise<unknown>;
const askActor: Probe = (target) => actorDocument(target, '/actor');

async function outcome(probe: Probe, listener: RequestListener, bounds: Partial<ProbeTarget> = {}) {
  await using server = await listening(listener);
  const target = { serverName: SERVER, publicUrl: PUBLIC, baseUrl: server.baseUrl, ...bounds };
  const failure = await probe(target).then(
    () => 'believed',
    (error: unknown) => (error instanceof ProbeFailure ? error.code : String(error)),
  );
  return { failure, requests: server.requests };
}

const ofActor = async (document: unknown, type = ACTIVITY) =>
  (await outcome(askActor, (_request, response) => send(response, type, document))).failure;

describe('an actor', () => {
  test('in order is believed', async () => {
    expect(await ofActor(actor)).toBe('believed');
    expect(await ofActor({ ...actor, publicKey: [key] }, 'application/ld+json; profile="x"')).toBe('believed');
    const pkcs1 = publicKey.export({ format: 'pem', type: 'pkcs1' }).toString();
    expect(await ofActor({ ...actor, publicKey: { ...key, publicKeyPem: pkcs1 } })).toBe('believed');
  });

  test.each([
    ['of another host', { ...actor, id: 'https://eve.example/actor' }, 'wrong-server'],
    ['of another port', { ...actor, id: 'https://ada.example:8443/actor' }, 'wrong-server'],
    ['of a host that only begins alike', { ...actor, id: 'https://ada.example.eve.example/actor' }, 'wrong-server'],
    ['of a host behind a user’s name', { ...actor, id: 'https://ada.example@eve.example/actor' }, 'wrong-server'],
    ['whose inbox is elsewhere', { ...actor, inbox: 'https://eve.example/inbox' }, 'wrong-server'],
    ['whose key is elsewhere', { ...actor, publicKey: { ...key, id: 'https://eve.example/key' } }, 'wrong-server'],
    ['whose key has no owner', { ...actor, publicKey: { id: key.id, publicKeyPem: pem } }, 'key-not-owned'],
    ['whose key is another’s', { ...actor, publicKey: { ...key, owner: `${PUBLIC}/users/eve` } }, 'key-not-owned'],
    [
      'whose Multikey has no controller',
      { ...actor, assertionMethod: [{ id: `${ID}#k`, type: 'Multikey', publicKeyMultibase: 'z6Mk' }] },
      'key-not-owned',
    ],
    [
      'whose Multikey is none',
      { ...actor, assertionMethod: { id: `${ID}#k`, type: 'Multikey', controller: ID, publicKeyMultibase: 'z0OIl' } },
      'malformed',
    ],
    ['without a key', { ...actor, publicKey: undefined }, 'malformed'],
    ['with two keys of one id', { ...actor, publicKey: [key, key] }, 'malformed'],
    ['with no key in PEM', { ...actor, publicKey: { ...key, publicKeyPem: 'x' } }, 'malformed'],
    [
      'that gives its private key away',
      { ...actor, publicKey: { ...key, publicKeyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() } },
      'malformed',
    ],
    ['with text that has no canonical form', { ...actor, preferredUsername: '\ud800' }, 'malformed'],
    ['that is a list', [actor], 'malformed'],
    ['that is nothing', null, 'malformed'],
  ])('%s is not believed', async (_what, document, code) => {
    expect(await ofActor(document)).toBe(code);
  });

  test.each(['text/html', 'application/json', 'application/octet-stream', ''])(
    'sent as %j is not believed, as somebody may have uploaded it',
    async (type) => {
      expect(await ofActor(actor, type)).toBe('wrong-type');
    },
  );
});

describe('WebFinger', () => {
  const ofJrd = async (document: unknown, resource?: string) =>
    (
      await outcome(
        (target) => webFinger(target, resource),
        (_request, response) => send(response, 'application/jrd+json', document),
      )
    ).failure;

  test.each([
    ['in order', jrd, 'believed'],
    ['in other letters', { ...jrd, subject: 'acct:Ada.Example@ADA.example.' }, 'believed'],
    ['of another account', { ...jrd, subject: 'acct:eve@ada.example' }, 'wrong-server'],
    ['of another host', { ...jrd, subject: 'acct:ada.example@eve.example' }, 'wrong-server'],
    ['of another host’s page', { ...jrd, subject: 'https://eve.example/' }, 'wrong-server'],
    ['of another host’s actor', { ...jrd, links: [{ rel: 'self', href: 'https://eve.example/a' }] }, 'wrong-server'],
    ['of an actor nowhere', { ...jrd, links: [{ rel: 'self' }] }, 'wrong-server'],
    ['without a subject', { links: [] }, 'malformed'],
  ])('%s', async (_what, document, code) => {
    expect(await ofJrd(document)).toBe(code);
  });

  test('is asked for the resource as it is', async () => {
    const { requests } = await outcome(
      (target) => webFinger(target, 'acct:a&b@ada.example'),
      (_request, response) => send(response, 'application/jrd+json', { subject: 'acct:a&b@ada.example' }),
    );
    expect(requests).toEqual(['GET /.well-known/webfinger?resource=acct%3Aa%26b%40ada.example']);
  });
});

describe('NodeInfo and the instance API', () => {
  const ofNodeInfo = async (links: unknown, document: unknown = {}) =>
    outcome(nodeInfoDocument, (request, response) =>
      send(response, 'application/json', request.url === '/.well-known/nodeinfo' ? { links } : document),
    );
  const good = { version: '2.1', software: { name: 'mastodon', version: '4' }, protocols: ['activitypub'] };

  test('the newest link that is known is followed', async () => {
    const old = { rel: SCHEMA.replace('2.1', '2.0'), href: `${PUBLIC}/n/2.0` };
    const { failure, requests } = await ofNodeInfo(
      [old, { rel: SCHEMA, href: `${PUBLIC}/n/2.1?x` }, { rel: 'https://eve.example/3', href: 'x' }],
      good,
    );
    expect(failure).toBe('believed');
    expect(requests).toEqual(['GET /.well-known/nodeinfo', 'GET /n/2.1?x']);
  });

  test('a link to another host is not asked', async () => {
    const { failure, requests } = await ofNodeInfo([{ rel: SCHEMA, href: 'https://eve.example/n' }], good);
    expect(failure).toBe('wrong-server');
    expect(requests).toHaveLength(1);
  });

  test.each([
    ['no link', [], good],
    ['a software without a name', undefined, { ...good, software: { name: 'Not A Name', version: '1' } }],
    ['version 1', undefined, { ...good, version: '1.0' }],
  ])('%s', async (_what, links, document) => {
    const { failure } = await ofNodeInfo(links ?? [{ rel: SCHEMA, href: `${PUBLIC}/n` }], document);
    expect(failure).toBe('malformed');
  });

  test('an instance of another name, and a server that fails', async () => {
    const named = await outcome(instanceApi, (_request, response) =>
      send(response, 'application/json', { domain: 'eve.example' }),
    );
    expect(named.failure).toBe('wrong-server');
    const broken = await outcome(instanceApi, (_request, response) => response.writeHead(500).end());
    expect(broken).toEqual({ failure: 'wrong-status', requests: ['GET /api/v2/instance'] });
  });
});

describe('a server that leads astray', () => {
  const to =
    (location: string): RequestListener =>
    (_request, response) =>
      response.writeHead(302, { location }).end();

  test('a redirect within the server is followed', async () => {
    for (const location of ['/users/1?x=1', `${PUBLIC}/users/1?x=1`]) {
      const { failure, requests } = await outcome(askActor, (request, response) => {
        if (request.url === '/actor') to(location)(request, response);
        else send(response, ACTIVITY, actor);
      });
      expect(failure).toBe('believed');
      expect(requests).toEqual(['GET /actor', 'GET /users/1?x=1']);
    }
  });

  test('one to another host is not', async () => {
    await using elsewhere = await listening((_request, response) => send(response, ACTIVITY, actor));
    for (const location of [`${elsewhere.baseUrl}/actor`, '//eve.example/actor', 'http://', 'file:///etc/passwd']) {
      const { failure, requests } = await outcome(askActor, to(location));
      expect(failure).toBe('redirect-elsewhere');
      expect(requests).toEqual(['GET /actor']);
    }
    expect(elsewhere.requests).toEqual([]);
  });

  test('one in a circle ends', async () => {
    const { failure, requests } = await outcome(askActor, (request, response) =>
      to(request.url === '/actor' ? '/other' : '/actor')(request, response),
    );
    expect(failure).toBe('redirect-loop');
    expect(requests).toHaveLength(4);
  });

  test('a huge body is not read to its end', async () => {
    const { failure } = await outcome(askActor, (_request, response) => {
      response.setHeader('content-type', ACTIVITY);
      const write = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 0x20)));
      };
      response.on('drain', write);
      write();
    });
    expect(failure).toBe('too-large');
  });

  test('a slow drip does not hold the probe, nor do slow redirects', async () => {
    const began = performance.now();
    const drip = await outcome(
      askActor,
      (_request, response) => {
        response.setHeader('content-type', ACTIVITY).write('{');
        const timer = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(timer));
      },
      { timeoutMs: 200 },
    );
    expect(drip.failure).toBe('timed-out');
    const slow = await outcome(
      askActor,
      (request, response) => {
        setTimeout(() => to(`/actor?${request.url?.length ?? 0}`)(request, response), 120);
      },
      { timeoutMs: 200 },
    );
    expect(slow.failure).toBe('timed-out');
    expect(performance.now() - began).toBeLessThan(3_000);
  });
});
