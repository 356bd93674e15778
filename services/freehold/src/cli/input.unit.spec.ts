import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { operators, registerOperator } from '@freehold/accounts-contract';
import { httpRequestOf } from '../api/http-request.js';
import { operatorOfKey, writeProfile } from '../profile/profile.js';
import { defaultHome, knownHome } from '../up/home.js';
import { hostName } from '../up/installation.js';
import { CommandFailure } from './command-failure.js';
import { pick } from './name-resolution.js';
import { readSettings, readSettingsFile } from './settings-input.js';

describe('settings as they are typed', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'freehold-settings-'));
    writeFileSync(join(folder, 'secret'), 'hush\n');
    writeFileSync(join(folder, 'list.json'), '[1]');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are JSON where they read as JSON, and texts otherwise', () => {
    expect(readSettings(['limit=50', 'on=true', 'name=Ada Lovelace', 'empty=', 'list=["a"]', 'eq=a=b'])).toEqual({
      limit: 50,
      on: true,
      name: 'Ada Lovelace',
      empty: '',
      list: ['a'],
      eq: 'a=b',
    });
  });

  it('stay texts where the schema wants one', () => {
    const schema = { properties: { pin: { type: 'string' }, limit: { type: 'integer' } } };
    expect(readSettings(['pin=0042', 'limit=7'], schema)).toEqual({ pin: '0042', limit: 7 });
  });

  it('come from a file after @, so that a secret is in no list of processes', () => {
    expect(readSettings([`token=@${folder}/secret`])).toEqual({ token: 'hush' });
  });

  it('are refused without a name, from no file, or from no object', () => {
    expect(() => readSettings(['=3'])).toThrow(CommandFailure);
    expect(() => readSettings([`a=@${folder}/none`])).toThrow('cannot be read');
    expect(() => readSettingsFile(join(folder, 'list.json'))).toThrow('no JSON object');
  });
});

describe('naming a thing', () => {
  const items = [
    { id: 'aaaa1111-0000-4000-8000-000000000000', names: ['chat.freehold.test'] },
    { id: 'aaaa2222-0000-4000-8000-000000000000', names: ['Cal.freehold.test'] },
  ];
  const [chat, calendar] = items;

  it.each([
    ['chat.freehold.test', chat],
    ['CAL.freehold.test', calendar],
    ['aaaa2', calendar],
    ['aaaa1111-0000-4000-8000-000000000000', chat],
  ])('finds %s', (wanted, found) => expect(pick(items, wanted, 'deployment')).toBe(found));

  it('does not guess between two', () => expect(() => pick(items, 'aaaa', 'deployment')).toThrow('names several'));
  it('takes no prefix below four characters', () =>
    expect(() => pick(items, 'aaa', 'deployment')).toThrow('There is no deployment'));
  it('is a not-found with its exit code', () => {
    expect(() => pick(items, 'mail', 'deployment')).toThrow(expect.objectContaining({ exitCode: 4 }));
  });
});

describe('a request from the table', () => {
  it('has the parameters in its path, encoded, and the query of a query', () => {
    expect(httpRequestOf(operators.get, { operator: 'a/b' }, { after: '1:4', at: undefined })).toEqual({
      method: 'GET',
      path: '/v1/operators/a%2Fb?after=1%3A4',
      body: undefined,
    });
  });

  it('has the body of a command', () => {
    const { method, path, body } = httpRequestOf(registerOperator, {}, { name: 'Club', contact: 'me@example.org' });
    expect([method, path, body]).toEqual(['POST', '/v1/operators', '{"name":"Club","contact":"me@example.org"}']);
  });

  it('is refused without a parameter of its path', () => {
    expect(() => httpRequestOf(operators.get, {}, {})).toThrow('needs the parameter operator');
  });
});

describe('where and who', () => {
  it('puts root’s installations below /var/lib/freehold, one per clone', () => {
    const home = (clonePath: string) => defaultHome({ isRoot: true, dataFolder: '/data', clonePath });
    expect(home('/src/one')).toMatch(/^\/var\/lib\/freehold\/one-[0-9a-f]{8}$/);
    expect(home('/src/one')).not.toBe(home('/other/one'));
    expect(defaultHome({ isRoot: false, dataFolder: '/data' })).toBe('/data');
  });

  it('finds the installation that up left in the profile, unless another is named', () => {
    const folder = mkdtempSync(join(tmpdir(), 'freehold-input-'));
    const surroundings = { profileFile: join(folder, 'profile.json'), dataFolder: '/data' };
    const isRoot = process.getuid?.() === 0;
    expect(knownHome(undefined, surroundings)).toBe(defaultHome({ isRoot, dataFolder: '/data' }));
    writeProfile(surroundings.profileFile, { address: 'http://127.0.0.2:8420', key: 'fh_cell_1_a', home: '/of/up' });
    expect(knownHome(undefined, surroundings)).toBe('/of/up');
    expect(knownHome('/another', surroundings)).toBe('/another');
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['Laptop.local', 'laptop'],
    ['my_host', 'my-host'],
    ['...', 'this-host'],
  ])('names the host %s %s', (name, host) => expect(hostName(name)).toBe(host));

  it('reads a key’s operator', () => {
    expect(operatorOfKey('fh_cell_x_y')).toBeUndefined();
    expect(operatorOfKey('fh_137bcf99-1129-5a2f-baf2-418ff67928e3_x_y')).toBe('137bcf99-1129-5a2f-baf2-418ff67928e3');
  });
});
