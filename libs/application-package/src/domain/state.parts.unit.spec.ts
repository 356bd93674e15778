import { describe, expect, it } from '@jest/globals';
import { parsePackage } from '../package.parse.js';
import { sampleFiles, sampleSettings } from '../testing/sample-package.js';
import type { ApplicationPackage } from './application-package.js';
import { hookSpec } from './hooks.js';
import { render } from './package.render.js';
import { fixedSettings, refusedChanges } from './settings.validate.js';
import { countsOf, missingPrograms, neededPrograms, statePartsOf } from './state.parts.js';

/** Notes that keep pages in files or, as ordered, in a PostgreSQL of their own. */
function notes(): ApplicationPackage {
  const settings = sampleSettings();
  Object.assign(settings.properties, {
    store: { title: 'Store', type: 'string', enum: ['files', 'server'], default: 'files', 'x-fixed': true },
  });
  const when = { setting: 'store', is: 'server' };
  const files = sampleFiles((app) => {
    const leaveOut = [{ path: 'cache', why: 'made again' }];
    Object.assign(app.state[0]!, { leaveOut });
    const server = { name: 'rows', when, kind: 'postgres', path: 'server', database: 'notes', copyWhileLive: false };
    app.state.push(server);
    app.counts.push({ name: 'rows', title: 'Rows', part: 'rows', sql: 'SELECT COUNT(*) FROM pages' });
    const [unit] = app.variants.process.units;
    const engine = { name: 'engine', when, command: ['${host.postgres}/postgres', '${package}/about.md'] };
    app.variants.process.units = [Object.assign({ ...unit! }, engine), unit!];
    Object.assign(app.variants.process, { needs: { programs: [{ name: 'postgres', atLeast: 13, when }] } });
  }, settings);
  const result = parsePackage(files);
  if (result.kind === 'refused') throw new Error(JSON.stringify(result.findings));
  return result.package;
}

const server = { store: 'server', motto: 'x' };

describe('what is declared for one value of a setting', () => {
  const values = {
    ...{ secrets: { 'session-key': 's' }, names: { web: 'notes.example' }, ports: { web: 4711 } },
    ...{ folder: '/deployment', releaseFolder: '/release', publicPort: 80 },
  };
  const placed = { folder: '/package', host: { postgres: '/postgresql/bin' } };

  it('is there for that value only; defaults count', () => {
    expect(statePartsOf(notes(), { motto: 'x' })).toEqual([
      { name: 'pages', kind: 'files', path: 'pages', leaveOut: [{ path: 'cache' }] },
    ]);
    expect(statePartsOf(notes(), server)[1]).toEqual({
      ...{ name: 'rows', kind: 'postgres', path: 'server', database: 'notes', leaveOut: [] },
    });
    expect(neededPrograms(notes(), { motto: 'x' })).toEqual([]);
    expect(neededPrograms(notes(), server)).toEqual([{ name: 'postgres', atLeast: 13 }]);
  });

  it('runs in the declared order, with the folders of the host and of the package', () => {
    const app = { ...notes(), placed };
    const rendered = render(app, { variant: 'process', values: { ...values, settings: server } });
    expect(rendered.units.map(({ name }) => name)).toEqual(['engine', 'notes']);
    expect(rendered.units[0]?.command).toEqual(['/postgresql/bin/postgres', '/package/about.md']);
    const plain = render(notes(), { variant: 'process', values: { ...values, settings: { motto: 'x' } } });
    expect(plain.units.map(({ name }) => name)).toEqual(['notes']);
  });

  it('cannot be rendered where the host has not what it needs', () => {
    const app = { ...notes(), placed: { folder: '/package', host: {} } };
    expect(() => render(app, { variant: 'process', values: { ...values, settings: server } })).toThrow(
      '${host.postgres}',
    );
  });

  it('is told to hooks', () => {
    const places = { packageFolder: '/package', folder: '/d', releaseFolder: '/r', inputPath: '/i.json' };
    expect(hookSpec({ ...notes(), placed }, 'first-admin', places)?.environment).toEqual({
      ...{ FREEHOLD_FOLDER: '/d', FREEHOLD_RELEASE: '/r', FREEHOLD_PACKAGE: '/package' },
      FREEHOLD_HOST_POSTGRES: '/postgresql/bin',
    });
  });
});

it('counts belong to their part', () => {
  const app = notes();
  expect(countsOf(app, { name: 'pages' })).toEqual([{ name: 'pages', files: { named: '*.md' } }]);
  expect(countsOf(app, { name: 'rows' })).toEqual([{ name: 'rows', sql: 'SELECT COUNT(*) FROM pages' }]);
});

describe('a program of the host', () => {
  it('that is missing or too old speaks against the setting that needs it, with the remedy', () => {
    for (const programs of [{}, { postgres: 12 }]) {
      expect(missingPrograms(notes(), server, programs)).toEqual([
        {
          pointer: '/store',
          code: 'host-program-missing',
          detail: expect.stringContaining('version 13 or newer'),
          hint: expect.stringContaining('install PostgreSQL'),
        },
      ]);
    }
  });

  it('that is there, or that nothing needs, speaks against nothing', () => {
    expect(missingPrograms(notes(), server, { postgres: 13 })).toEqual([]);
    expect(missingPrograms(notes(), { motto: 'x' }, {})).toEqual([]);
  });
});

describe('a fixed setting', () => {
  it('is known by name', () => {
    expect(fixedSettings(notes())).toEqual(['owner', 'store']);
  });

  it('cannot change after the order, not even to its default; saying the same again is no change', () => {
    const codes = (before: object, after: object) =>
      refusedChanges(notes(), { ...before }, { ...after }).map(({ pointer, code }) => `${code} ${pointer}`);
    expect(codes(server, { motto: 'y' })).toEqual(['setting-fixed /store']);
    expect(codes({ motto: 'x' }, { ...server, owner: 'eve' })).toEqual([
      'setting-fixed /owner',
      'setting-fixed /store',
    ]);
    expect(codes(server, { ...server, motto: 'y' })).toEqual([]);
    expect(codes({}, { store: 'files' })).toEqual([]);
  });
});
