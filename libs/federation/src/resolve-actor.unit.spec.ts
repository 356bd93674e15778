import { describe, expect, test } from '@jest/globals';
import { actorUri, resolveActor, type LookPort } from './index.js';

/** Redirects from one URL to the next; what is not listed answers 200. */
const redirects =
  (table: Readonly<Record<string, string>>, asked: string[] = []): LookPort =>
  async (url) => {
    asked.push(url);
    const location = table[url];
    return location === undefined ? { status: 200, location: null } : { status: 302, location };
  };

const ACTOR = 'https://code.example/api/v1/activitypub/user-id/1';

describe('the WebFinger form', () => {
  test.each(['https://user1@Code.example', '@user1@code.example', 'acct:user1@code.example.'])(
    '%s is resolved by redirects',
    async (input) => {
      const asked: string[] = [];
      const look = redirects(
        { 'https://user1@code.example/': '/user1', 'https://code.example/user1': `${ACTOR}?x=1` },
        asked,
      );
      const actor = await resolveActor(input, 'forgejo', look);
      expect(actorUri(actor)).toBe(ACTOR);
      expect(actor).toMatchObject({ id: '1', source: 'forgejo', unvalidatedInput: input });
      expect(asked).toEqual(['https://user1@code.example/', 'https://code.example/user1', `${ACTOR}?x=1`]);
    },
  );

  test('a URI is not looked up', async () => {
    const asked: string[] = [];
    expect(actorUri(await resolveActor(`${ACTOR}?x`, 'forgejo', redirects({}, asked)))).toBe(ACTOR);
    expect(asked).toEqual([]);
  });

  const START = 'https://a@code.example/';
  test.each([
    ['to another host', { [START]: 'https://eve.example/a' }, 'redirect-elsewhere'],
    ['to another port', { [START]: 'https://code.example:8443/a' }, 'redirect-elsewhere'],
    ['to plain HTTP', { [START]: 'http://code.example/a' }, 'redirect-elsewhere'],
    ['to nowhere', { [START]: 'http://' }, 'redirect-elsewhere'],
    ['in a circle', { [START]: '/b', 'https://code.example/b': '/c', 'https://code.example/c': '/b' }, 'redirect-loop'],
    ['to no actor', {}, 'malformed'],
  ])('redirected %s is refused', async (_what, table, code) => {
    await expect(resolveActor('@a@code.example', 'forgejo', redirects(table))).rejects.toMatchObject({ code });
  });

  test('an error, and what is no identity', async () => {
    const gone: LookPort = async () => ({ status: 404, location: null });
    await expect(resolveActor('@a@code.example', 'x', gone)).rejects.toMatchObject({
      code: 'wrong-status',
      status: 404,
    });
    await expect(resolveActor('nonsense', 'x', gone)).rejects.toMatchObject({ code: 'malformed' });
  });
});
