import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { normaliseAuthority, normaliseHost } from './host.js';
import { normaliseActorKeyId, normaliseActorUri } from './normalise-uri.js';
import { webFingerFormOf } from './webfinger-form.js';

const HOST = 'federated-repo.prod.meissa.de';
const ACTOR = `https://${HOST}/api/v1/activitypub/user-id/1`;

describe('Forgejo’s rules', () => {
  test.each([
    [1, 'https://federated-REPO.prod.meissa.de/api/v1/activitypub/user-id/1', ACTOR],
    [1, `HTTPS://${HOST}/API/v1/ActivityPub/user-id/1`, ACTOR],
    [2, `https://${HOST}/api/v1/activitypub/user-id/../user-id/1`, ACTOR],
    [2, `https://${HOST}/api/v1/activitypub/x/%2E%2e/./user-id/1`, ACTOR],
    [3, `${ACTOR}?some-parameters=1`, ACTOR],
    [4, `https://user1@${HOST}`, null],
    [4, `https://user1@${HOST}/?x=1`, null],
    [5, `https://${HOST}/api/activitypub/user-id/1`, ACTOR],
    [6, ACTOR.replace('//', '//user:password@'), ACTOR],
    [6, ACTOR.replace('//', '//user@'), ACTOR],
    [7, ACTOR.replace(HOST, `${HOST}:443`), ACTOR],
    [7, `http://${HOST}:80/api/v1/activitypub/user-id/1`, `http://${HOST}/api/v1/activitypub/user-id/1`],
    [8, 'http://localhost:3000/api/v1/activitypub/user-id/1', 'http://localhost:3000/api/v1/activitypub/user-id/1'],
  ])('rule %i: %s', (_rule, input, normalised) => {
    expect(normaliseActorUri(input, 'forgejo')).toBe(normalised);
  });

  test.each([
    ['mastodon', 'https://ADA.example/users/Ada', 'https://ada.example/users/Ada'],
    ['elsewhere', 'https://ada.example/api/activitypub/X', 'https://ada.example/api/activitypub/X'],
    ['gitea', 'https://ada.example/API/activitypub/X', 'https://ada.example/api/v1/activitypub/x'],
    ['constructor', 'https://ada.example/A', 'https://ada.example/A'],
  ])('case and the default API path are the software’s affair: %s', (source, input, normalised) => {
    expect(normaliseActorUri(input, source)).toBe(normalised);
  });
});

describe('beyond Forgejo’s rules', () => {
  test.each([
    ['A-labels', 'https://Bücher.example/u/a', 'https://xn--bcher-kva.example/u/a'],
    ['A-labels of a decomposed name', 'https://bu\u0308cher.example/u/a', 'https://xn--bcher-kva.example/u/a'],
    ['a trailing dot', 'https://ada.example./u/a', 'https://ada.example/u/a'],
    ['letters that were encoded', 'https://ada.example/u/%61%7e%2D', 'https://ada.example/u/a~-'],
    ['encoding in lower case', 'https://ada.example/u/%c3%a9%2f', 'https://ada.example/u/%C3%A9%2F'],
    ['letters that were not encoded', 'https://ada.example/u/é|', 'https://ada.example/u/%C3%A9%7C'],
    ['half an encoding', 'https://ada.example/u/%%34%31', 'https://ada.example/u/%2541'],
    ['an address in other digits', 'https://0x7f.1/u/a', 'https://127.0.0.1/u/a'],
    ['an IPv6 address', 'https://[0:0::1]:8443/u/a', 'https://[::1]:8443/u/a'],
    ['a fragment', 'https://ada.example/u/a#main-key', 'https://ada.example/u/a'],
  ])('%s', (_what, input, normalised) => {
    expect(normaliseActorUri(input, 'mastodon')).toBe(normalised);
  });

  test('a fragment stays in the id of a key', () => {
    expect(normaliseActorKeyId('https://ADA.example/u/a?x#main-%6Bey', 'mastodon')).toBe(
      'https://ada.example/u/a#main-key',
    );
    expect(normaliseActorKeyId('https://ada.example/u/a/key#', 'mastodon')).toBe('https://ada.example/u/a/key');
  });

  test.each([
    '',
    'ada',
    'https://',
    'https:ada.example/u/a',
    'https:///ada.example/u/a',
    'ftp://ada.example/u/a',
    'javascript:alert(1)',
    'https://ada.example:0/u/a',
    'https://ada.example:65536/u/a',
    'https://ada..example/u/a',
    'https://ada.example../u/a',
    'https://-ada.example/u/a',
    'https://a!a.example/u/a',
    `https://${'a'.repeat(64)}.example/u/a`,
    'https://xn--a.example/u/a',
    'https://xn--bcher-2pa.example/u/a',
    'https://ada.example\\@eve.example/u/a',
    'https://ada.example\t/u/a',
    ' https://ada.example/u/a',
    'https://ada.example/u/a\n',
  ])('no identity: %j', (input) => {
    expect(normaliseActorUri(input, 'mastodon')).toBeNull();
  });
});

describe('hosts', () => {
  test.each([
    ['Ada.Example.', 'ada.example'],
    ['日本.example', 'xn--wgv71a.example'],
    ['[::1]', '[::1]'],
    ['ada.example/x', null],
    ['ada.example:80', null],
    ['a@b.example', null],
    ['', null],
    ['.', null],
    ['[::1', null],
  ])('%j', (host, normalised) => {
    expect(normaliseHost(host)).toBe(normalised);
  });

  test.each([
    ['ADA.example:08448', 'ada.example:8448'],
    ['ada.example', 'ada.example'],
    ['[::1]:80', '[::1]:80'],
    ['ada.example:', null],
    ['ada.example:0', null],
    ['ada.example:70000', null],
  ])('with a port: %j', (authority, normalised) => {
    expect(normaliseAuthority(authority)).toBe(normalised);
  });
});

describe('the WebFinger form', () => {
  const ada = { user: 'Ada', host: 'ada.example', port: null };
  test.each([
    ['@Ada@ADA.example', ada],
    ['Ada@ada.example.', ada],
    ['acct:Ada@ada.example', ada],
    ['https://Ada@ada.example', ada],
    ['https://Ada@ada.example:443/', ada],
    ['http://Ada@ada.example:3000', { ...ada, port: 3000 }],
    ['https://Ada:secret@ada.example', null],
    ['https://Ada@ada.example/u/1', null],
    ['@Ada', null],
    ['@a@b@c.example', null],
    ['Ada@ada.example:0', null],
  ])('%s', (input, form) => {
    expect(webFingerFormOf(input)).toEqual(form);
  });
});

const source = fc.constantFrom('forgejo', 'gitea', 'mastodon', 'gotosocial', 'elsewhere', '__proto__');
const segment = fc.stringMatching(/^[a-z0-9_~-]{1,8}$/);
const host = fc.constantFrom('ada.example', 'xn--bcher-kva.example', 'a.b-c.example', 'localhost');
const port = fc.constantFrom('', ':3000', ':8443');
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => `/${segments.join('/')}`);
/** Near enough to a URI to come far. */
const nearly = fc
  .array(
    fc.oneof(
      fc.constantFrom('https://', 'http:', '//', '/', '@', ':', '%', '%2', '%41', '%2e', '..', '.', '?', '#', 'ü', 'İ'),
      fc.constantFrom(
        'ada.example',
        '[::1]',
        '0x7f.1',
        '\ud800',
        '\\',
        'xn--',
        'API',
        '/api/activitypub/',
        '443',
        '\u3002',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));
const input = fc.oneof(
  fc.string({ unit: 'binary' }),
  nearly,
  nearly.map((rest) => `https://ada.example/${rest}`),
  nearly.map((rest) => `https://${rest}`),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
);

describe('for any input', () => {
  test('normalising is idempotent and never throws', () => {
    fc.assert(
      fc.property(input, source, (uri, software) => {
        for (const normalise of [normaliseActorUri, normaliseActorKeyId]) {
          const once = normalise(uri, software);
          expect(once === null ? null : normalise(once, software)).toBe(once);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  test('hosts and addresses too', () => {
    fc.assert(
      fc.property(input, (text) => {
        for (const normalise of [normaliseHost, normaliseAuthority]) {
          const once = normalise(text);
          expect(once === null ? null : normalise(once)).toBe(once);
        }
        const form = webFingerFormOf(text);
        if (form !== null) expect(normaliseHost(form.host)).toBe(form.host);
      }),
      { numRuns: 2_000 },
    );
  });

  test('a normalised URI has nothing of what goes', () => {
    fc.assert(
      fc.property(input, source, (uri, software) => {
        const normalised = normaliseActorUri(uri, software);
        if (normalised === null) return;
        expect(normalised).toMatch(/^https?:\/\/[a-z0-9_.:[\]-]+\/[^?#\s\\]*$/);
        expect(normalised).not.toMatch(/^https:\/\/[^/]*:443\/|^http:\/\/[^/]*:80\/|\/\.{1,2}(?:\/|$)/);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('one identity, written in other ways', () => {
  interface Writing {
    upper: boolean;
    dot: string;
    user: string;
    query: string;
    fragment: string;
    encode: number;
    detour: string;
  }
  const variant: fc.Arbitrary<Writing> = fc.record({
    upper: fc.boolean(),
    dot: fc.constantFrom('', '.'),
    user: fc.constantFrom('', 'u:p@', ':p@'),
    query: fc.constantFrom('', '?a=b', '?'),
    fragment: fc.constantFrom('', '#x', '#'),
    encode: fc.nat(),
    detour: fc.constantFrom('', '/x/..', '/.', '/%2e', '/y/%2E.'),
  });

  const written = (where: string, way: string, at: string, how: Writing) => {
    const place = how.encode % at.length;
    const letter = at[place] ?? '';
    const octet = `%${letter.charCodeAt(0).toString(16)}`;
    const encoded = letter === '/' ? at : at.slice(0, place) + octet + at.slice(place + 1);
    const name = how.upper ? where.toUpperCase() : where;
    return `${how.upper ? 'HTTPS' : 'https'}://${how.user}${name}${how.dot}${way}${how.detour}${encoded}${how.query}${how.fragment}`;
  };

  test('normalises to one form', () => {
    fc.assert(
      fc.property(host, port, path, variant, source, (where, way, at, how, software) => {
        const plain = normaliseActorUri(`https://${where}${way}${at}`, software);
        expect(plain).not.toBeNull();
        expect(normaliseActorUri(written(where, way || ':443', at, how), software)).toBe(plain);
      }),
      { numRuns: 2_000 },
    );
  });

  test('and others stay others', () => {
    fc.assert(
      fc.property(fc.tuple(host, port, path), fc.tuple(host, port, path), source, (one, other, software) => {
        const [left, right] = [one, other].map((parts) => normaliseActorUri(`https://${parts.join('')}`, software));
        expect(left === right).toBe(one.join('') === other.join(''));
      }),
      { numRuns: 1_000 },
    );
  });
});
