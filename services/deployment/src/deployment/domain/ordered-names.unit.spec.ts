import { describe, expect, it } from '@jest/globals';
import { namesFindings, orderedNames } from './ordered-names.js';

const TWO = ['server name', 'web'].map((purpose) => ({ purpose, title: `The ${purpose}` }));
const brought = { name: ' Choir.example. ', names: { web: 'chat.choir.example' } };
const codes = (...asked: Parameters<typeof namesFindings>) =>
  namesFindings(...asked).map(({ pointer, code }) => `${pointer} ${code}`);

describe('the names of an order', () => {
  it('are those of the application’s purposes, in its order', () => {
    expect(orderedNames(brought, TWO)).toEqual([
      { purpose: 'server name', name: 'choir.example' },
      { purpose: 'web', name: 'chat.choir.example' },
    ]);
    const reversed = { name: 'a', names: { third: 'c', second: 'b' } };
    const three = ['first', 'second', 'third'].map((purpose) => ({ purpose, title: purpose }));
    expect(orderedNames(reversed, three).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  it('are one, called as the application calls it, where no others are given', () => {
    expect(orderedNames({ name: 'a', names: {} }, TWO)).toEqual([{ purpose: 'server name', name: 'a' }]);
    expect(orderedNames({ name: 'a', names: {} }, null)).toEqual([{ purpose: 'web', name: 'a' }]);
  });

  it('fit when there is one for each purpose', () => {
    expect(codes(brought, TWO)).toEqual([]);
    expect(codes({ name: 'a', names: {} }, TWO.slice(0, 1))).toEqual([]);
    expect(codes(brought, null)).toEqual([]);
  });

  it('are refused for everything at once', () => {
    expect(codes({ name: 'a', names: { 'x/y': 'A.' } }, TWO)).toEqual([
      '/names/web name-missing',
      '/names/x~1y purpose-unknown',
      '/names/x~1y name-twice',
    ]);
  });
});
