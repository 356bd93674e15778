import { describe, expect, it } from '@jest/globals';
import { offeredNamesFindings } from './offered-names.findings.js';

const wanted = ['server name', 'web'].map((purpose) => ({ purpose, title: `The ${purpose}` }));
const offered = (...purposes: string[]) =>
  purposes.map((purpose) => ({ purpose, name: `${purpose}.old.example`, via: 'https://old.example' }));
const codes = (...purposes: string[]) => offeredNamesFindings(offered(...purposes), wanted).map(({ code }) => code);

describe('the names that come along', () => {
  it('are one for each purpose of the application', () => {
    expect(codes('server name', 'web')).toEqual([]);
    expect(codes('web', 'server name', 'what an older release had')).toEqual([]);
  });

  it('are refused when one is missing or there twice, all at once', () => {
    expect(codes('server name')).toEqual(['name-missing']);
    expect(codes('web', 'web', 'web')).toEqual(['name-missing', 'name-twice']);
  });
});
