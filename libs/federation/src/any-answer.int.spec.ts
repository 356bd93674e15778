import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, probesFor, ProbeFailure, type IdentityDeclaration } from './index.js';
import { listening, type Listening } from './testing/activitypub-server.fixture.js';

/** Words that probes look for, and such as are dangerous as names or URLs. */
const word = fc.oneof(
  fc.constantFrom(
    'acct:a@ada.example',
    'https://ada.example/a',
    'https://[',
    'self',
    'Multikey',
    'z6Mk',
    '2.1',
    '',
    '\ud800',
  ),
  fc.constantFrom(
    'http://nodeinfo.diaspora.software/ns/schema/2.1',
    '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----',
  ),
  fc.string(),
);
const name = fc.oneof(
  fc.constantFrom(
    'id',
    'type',
    'publicKey',
    'publicKeyPem',
    'owner',
    'assertionMethod',
    'controller',
    'publicKeyMultibase',
  ),
  fc.constantFrom('subject', 'links', 'rel', 'href', 'version', 'software', 'name', 'protocols', 'domain', 'uri'),
  fc.constantFrom('configuration', 'vapid', 'public_key', 'server_name', 'verify_keys', '__proto__', 'constructor'),
);
const { document } = fc.letrec<{ document: unknown }>((tie) => ({
  document: fc.oneof(
    { maxDepth: 4, depthSize: 'medium', withCrossShrink: true },
    word,
    fc.constantFrom(null, 0, -1.5, 1e300, true),
    fc.array(tie('document'), { maxLength: 3 }),
    fc.dictionary(name, tie('document'), { maxKeys: 6 }),
    fc.record({
      id: fc.constant('https://ada.example/a'),
      type: word,
      publicKey: tie('document'),
      assertionMethod: tie('document'),
    }),
    fc.record({ subject: word, links: fc.array(fc.record({ rel: word, href: word }), { maxLength: 3 }) }),
    fc.record({ id: word, type: word, owner: word, controller: word, publicKeyPem: word, publicKeyMultibase: word }),
  ),
}));

const DECLARED: IdentityDeclaration[] = [
  { kind: 'webfinger', path: '/?resource=acct:a@ada.example' },
  { kind: 'actor', path: '/a' },
  { kind: 'nodeinfo', path: '/' },
  { kind: 'instance-api', path: '/' },
  { kind: 'matrix-server-keys', path: '/' },
];

let server: Listening;
let answered: unknown;
let type = '';
beforeAll(async () => {
  server = await listening((_request, response) => {
    response.setHeader('content-type', type).end(JSON.stringify(answered));
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

test('whatever comes is an identity with a canonical form, or a ProbeFailure', async () => {
  await fc.assert(
    fc.asyncProperty(document, async (value) => {
      answered = value;
      for (const { declaration, probe } of probesFor(DECLARED)) {
        type = declaration.kind === 'actor' ? 'application/activity+json' : 'application/json';
        const target = { serverName: 'ada.example', publicUrl: 'https://ada.example', baseUrl: server.baseUrl };
        const outcome = await probe(target).catch((error: unknown) => error);
        if (!(outcome instanceof ProbeFailure)) expect(canonicalJson(outcome)).toContain(declaration.kind);
      }
    }),
    { numRuns: 200 },
  );
});
