import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { actorFindings, actorIdOf, actorUri } from './actor-id.js';
import { externalKeyOf, federatedUserFindings, federationHostFindings } from './federation-host.js';
import {
  loginNameOf,
  personFindings,
  personIdOf,
  repositoryFindings,
  repositoryIdOf,
  webFingerNameOf,
} from './person-id.js';

const codes = (findings: { pointer: string; code: string }[]) => findings.map(({ pointer, code }) => [pointer, code]);

describe('an actor', () => {
  test('is the parts of its URI', () => {
    const input = 'https://Code.example:443/api/activitypub/user-id/1?x=1';
    const actor = actorIdOf(input, 'Forgejo');
    expect(actor).toEqual({
      id: '1',
      source: 'forgejo',
      scheme: 'https',
      host: 'code.example',
      port: null,
      path: '/api/v1/activitypub/user-id/1',
      unvalidatedInput: input,
    });
    expect(actorUri(actor)).toBe('https://code.example/api/v1/activitypub/user-id/1');
    expect(actorFindings(actor)).toEqual([]);
  });

  test.each([
    ['https://ada@code.example', 'forgejo', [['/unvalidatedInput', 'webfinger-form']]],
    [
      'nonsense',
      'For gejo',
      [
        ['/source', 'source-malformed'],
        ['/unvalidatedInput', 'uri-malformed'],
      ],
    ],
    [
      'https://code.example/',
      '',
      [
        ['/source', 'source-malformed'],
        ['/id', 'id-missing'],
      ],
    ],
    ['https://code.example/?author=1', 'wordpress', [['/id', 'id-missing']]],
    ['https://code.example/users/ada/', 'elsewhere', []],
  ])('says all that is wrong with %s', (input, source, expected) => {
    expect(codes(actorFindings(actorIdOf(input, source)))).toEqual(expected);
  });

  test('says when a stored one was altered', () => {
    const actor = actorIdOf('https://code.example/users/Ada', 'mastodon');
    for (const change of [
      { host: 'Code.example' },
      { port: 443 },
      { path: 'users/Ada' },
      { id: 'Eve' },
      { scheme: 'ftp' },
    ]) {
      expect(codes(actorFindings({ ...actor, ...change }))).toEqual([['', 'identity-not-normalised']]);
    }
  });

  test('made of any input says whether it is one, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl()), fc.string(), (input, source) => {
        const actor = actorIdOf(input, source);
        const findings = [...personFindings(personIdOf(input, source)), ...actorFindings(actor)];
        expect(findings.every(({ code, hint }) => /^[a-z]+(-[a-z]+)*$/.test(code) && hint !== '')).toBe(true);
        if (actorFindings(actor).length > 0) return;
        const { unvalidatedInput: _other, ...again } = actorIdOf(actorUri(actor), source);
        expect(actor).toMatchObject(again);
      }),
    );
  });
});

describe('a person and a repository', () => {
  test('have names for people', () => {
    const person = personIdOf('http://localhost:3000/api/v1/activitypub/user-id/1', 'forgejo');
    expect([loginNameOf(person), webFingerNameOf(person)]).toEqual(['1-localhost-3000', '@1@localhost:3000']);
    const ada = personIdOf('https://ada.example/users/Ada', 'mastodon');
    expect([loginNameOf(ada), webFingerNameOf(ada)]).toEqual(['Ada-ada.example', '@Ada@ada.example']);
  });

  test('lie where their software has them', () => {
    const repository = 'https://code.example/api/v1/activitypub/repository-id/7';
    expect(repositoryFindings(repositoryIdOf(repository, 'forgejo'))).toEqual([]);
    expect(codes(personFindings(personIdOf(repository, 'forgejo')))).toEqual([['/path', 'path-unexpected']]);
    expect(codes(repositoryFindings(repositoryIdOf('https://code.example', 'forgejo')))).toEqual([
      ['/id', 'id-missing'],
      ['/path', 'path-unexpected'],
    ]);
    expect(personFindings(personIdOf('https://social.example/ap/users/1', 'mastodon'))).toEqual([]);
    expect(personFindings(personIdOf('https://elsewhere.example/~ada', 'elsewhere'))).toEqual([]);
  });
});

describe('hosts and users', () => {
  test('say all that is wrong', () => {
    expect(federationHostFindings({ id: 'h1', host: 'ada.example', nodeInfo: { source: 'forgejo' } })).toEqual([]);
    expect(codes(federationHostFindings({ id: '', host: '127.0.0.1', nodeInfo: { source: 'X' } }))).toEqual([
      ['/id', 'field-missing'],
      ['/host', 'host-malformed'],
      ['/nodeInfo/source', 'source-malformed'],
    ]);
    expect(federationHostFindings({ id: 'h1', host: 'Ada.example', nodeInfo: { source: 'x' } })).toHaveLength(1);
    expect(codes(federatedUserFindings({ user: '', externalId: '1', federationHost: '' }))).toEqual([
      ['/user', 'field-missing'],
      ['/federationHost', 'field-missing'],
    ]);
  });

  test('the key of a person is unambiguous', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (a, b, c, d) => {
        const same =
          externalKeyOf({ externalId: a, federationHost: b }) === externalKeyOf({ externalId: c, federationHost: d });
        expect(same).toBe(a === c && b === d);
      }),
    );
  });
});
