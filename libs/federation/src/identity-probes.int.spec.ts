import { describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash, createPublicKey } from 'node:crypto';
import { canonicalJson, probesFor, sameIdentity, type IdentityDeclaration } from './index.js';
import {
  activityPubServer,
  listening,
  serverKeys,
  type Keys,
  type ServerDescription,
} from './testing/activitypub-server.fixture.js';

const SERVER = 'ada.example';
const PUBLIC = 'https://social.ada.example';
const keys = await serverKeys();
const ada: ServerDescription = { keys, serverName: SERVER, publicUrl: PUBLIC };

const DECLARED: IdentityDeclaration[] = [
  { kind: 'webfinger', path: '/.well-known/webfinger' },
  { kind: 'actor', path: `/users/${SERVER}` },
  { kind: 'nodeinfo', path: '/.well-known/nodeinfo' },
  { kind: 'instance-api', path: '/api/v2/instance' },
];

async function identityOf(description: ServerDescription, socketPath?: string) {
  await using server = await listening(activityPubServer(description), socketPath);
  const target = { serverName: SERVER, publicUrl: PUBLIC, baseUrl: server.baseUrl };
  const at = socketPath === undefined ? target : { ...target, socketPath };
  const identities = [];
  for (const { probe } of probesFor(DECLARED)) identities.push(await probe(at));
  return { identities, requests: server.requests };
}

async function spkiFingerprint(pair: Keys[number] | undefined): Promise<string> {
  if (pair === undefined) throw new Error('no such key');
  const spki = await crypto.subtle.exportKey('spki', pair.publicKey);
  const again = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  return createHash('sha256')
    .update(again.export({ format: 'der', type: 'spki' }))
    .digest('hex');
}

describe('a real ActivityPub server', () => {
  test('says who it is', async () => {
    const { identities, requests } = await identityOf(ada);
    const id = `${PUBLIC}/users/${SERVER}`;
    const [rsa, ed25519] = await Promise.all(keys.map(spkiFingerprint));
    expect(identities).toEqual([
      {
        kind: 'webfinger',
        serverName: SERVER,
        subject: `acct:${SERVER}@${SERVER}`,
        aliases: expect.arrayContaining([id]),
        links: [{ rel: 'self', type: 'application/activity+json', target: id }],
      },
      {
        kind: 'actor',
        serverName: SERVER,
        id,
        type: 'Application',
        preferredUsername: SERVER,
        inbox: `${id}/inbox`,
        outbox: null,
        followers: null,
        keys: [
          { id: `${id}#main-key`, algorithm: 'rsa', fingerprint: rsa },
          { id: `${id}#multikey-1`, algorithm: 'rsa', fingerprint: rsa },
          { id: `${id}#multikey-2`, algorithm: 'ed25519', fingerprint: ed25519 },
        ],
      },
      { kind: 'nodeinfo', serverName: SERVER, software: 'freehold-test', protocols: ['activitypub'] },
      { kind: 'instance-api', serverName: SERVER, domain: SERVER, vapidPublicKey: 'BKey' },
    ]);
    expect(requests).toContain('GET /nodeinfo/2.1');
    expect(() => canonicalJson(identities)).not.toThrow();
  });

  test('is the same elsewhere, with other counts and a later version', async () => {
    const before = await identityOf(ada);
    const after = await identityOf({ ...ada, version: '9.0.0', users: 17 });
    expect(sameIdentity(before.identities, after.identities)).toEqual([]);
  });

  test('is another with other keys, each of which is named', async () => {
    const before = await identityOf(ada);
    const after = await identityOf({ ...ada, keys: await serverKeys(), software: 'other', vapid: 'BOther' });
    expect(sameIdentity(before.identities, after.identities).map(({ pointer }) => pointer)).toEqual([
      '/1/keys/0/fingerprint',
      '/1/keys/1/fingerprint',
      '/1/keys/2/fingerprint',
      '/2/software',
      '/3/vapidPublicKey',
    ]);
  });

  test('answers through a socket, while it is closed to the network', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'freehold-federation-'));
    try {
      const { identities } = await identityOf(ada, join(folder, 'web.sock'));
      expect(sameIdentity(identities, (await identityOf(ada)).identities)).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('with the first version of the API only', async () => {
    await using server = await listening(activityPubServer({ ...ada, second: false }));
    const [probe] = probesFor([{ kind: 'instance-api', path: '/api/v2/instance' }]);
    const target = { serverName: SERVER, publicUrl: PUBLIC, baseUrl: server.baseUrl };
    expect(await probe?.probe(target)).toMatchObject({ domain: SERVER, vapidPublicKey: null });
    expect(server.requests).toEqual(['GET /api/v2/instance', 'GET /api/v1/instance']);
  });

  test('under another name is not the one that was asked for', async () => {
    const eve = { ...ada, serverName: 'eve.example', publicUrl: 'https://eve.example' };
    await using server = await listening((request, response) => {
      request.headers.host = 'eve.example';
      activityPubServer(eve)(request, response);
    });
    const paths: IdentityDeclaration[] = [
      { kind: 'webfinger', path: '/', resource: 'acct:eve.example@eve.example' },
      { kind: 'actor', path: '/users/eve.example' },
      { kind: 'nodeinfo', path: '/.well-known/nodeinfo' },
      { kind: 'instance-api', path: '/api/v1/instance' },
    ];
    for (const { probe } of probesFor(paths)) {
      const target = { serverName: SERVER, publicUrl: PUBLIC, baseUrl: server.baseUrl };
      await expect(probe(target)).rejects.toMatchObject({ code: 'wrong-server' });
    }
  });
});
