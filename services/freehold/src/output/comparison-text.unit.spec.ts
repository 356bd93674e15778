import { describe, expect, it } from '@jest/globals';
import picocolors from 'picocolors';
import { comparisonText, contentRows, identityRows } from './comparison-text.js';
import type { Terminal } from './terminal.js';

const terminal: Terminal = {
  colours: picocolors.createColors(false),
  isInteractive: false,
  width: 100,
  out: () => undefined,
  err: () => undefined,
};
const part = (name: string, count: number) => ({ part: 'database', name, count, digest: 'd1' });

describe('what was compared', () => {
  it('has a row a table, equal unless something differs', () => {
    const differences = [
      { part: 'database', name: 'events', what: 'count' as const, before: '1205', after: '1204' },
      { part: 'database', name: 'events', what: 'digest' as const, before: 'd0', after: 'd1' },
    ];
    expect(contentRows({ parts: [part('events', 1204), part('users', 2)], differences })).toMatchObject([
      { name: 'events', count: '1,204', equal: 'NO: count 1205 → 1204, digest d0 → d1' },
      { name: 'users', count: '2', equal: 'yes' },
    ]);
  });

  it('has a row for what did not arrive at all, once', () => {
    const missing = { part: 'media', name: 'files', what: 'missing' as const, before: '7', after: null };
    expect(contentRows({ parts: [part('users', 2)], differences: [missing] })).toMatchObject([
      { name: 'users', equal: 'yes' },
      { part: 'media', name: 'files', count: '', equal: 'NO: missing 7 → none' },
    ]);
  });

  it('compares identity field by field, however deep', () => {
    const before = { keys: [{ kid: 'a', alg: 'ed25519' }], actor: 'https://chat.example/actor', old: true };
    const after = { keys: [{ kid: 'b', alg: 'ed25519' }], actor: 'https://chat.example/actor' };
    expect(identityRows({ before, after })).toEqual([
      { field: 'keys.0.kid', value: 'a → b', equal: 'NO' },
      { field: 'keys.0.alg', value: 'ed25519', equal: 'yes' },
      { field: 'actor', value: 'https://chat.example/actor', equal: 'yes' },
      { field: 'old', value: 'true → none', equal: 'NO' },
    ]);
  });

  it('does not call equal what could not be asked', () => {
    expect(identityRows({ before: { kid: 'a' }, after: null, checked: false })).toEqual([
      { field: 'kid', value: 'a', equal: 'not asked: it could not be closed' },
    ]);
  });

  it('is one table, or two with an identity', () => {
    const comparison = {
      equal: true,
      parts: [part('users', 2)],
      differences: [],
      identity: { before: null, after: null },
    };
    expect(comparisonText(comparison, terminal).split('\n')).toEqual([
      'part      table  count  equal',
      'database  users  2      yes',
    ]);
    const identity = { before: { kid: 'a\u001B[2J' }, after: { kid: 'a\u001B[2J' } };
    expect(
      comparisonText({ ...comparison, identity }, terminal)
        .split('\n')
        .slice(2),
    ).toEqual(['', 'identity  value  equal', 'kid       a [2J  yes']);
  });
});
