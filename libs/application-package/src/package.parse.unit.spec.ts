import { describe, expect, it } from '@jest/globals';
import type { PackageFile } from './domain/application-package.js';
import { packageJsonSchema } from './domain/description.schema.js';
import { parsePackage } from './package.parse.js';
import { release } from './release.js';
import { sampleFiles, sampleSettings, type SampleDescription } from './testing/sample-package.js';

/** Code and pointer of each finding, or `loaded`. */
function outcome(files: readonly PackageFile[]): string[] | 'loaded' {
  const result = parsePackage(files);
  return result.kind === 'loaded' ? 'loaded' : result.findings.map((finding) => `${finding.code} ${finding.pointer}`);
}

const text = (files: readonly PackageFile[], path: string, content: string): PackageFile[] => [
  ...files.filter((file) => file.path !== path),
  { path, content: new TextEncoder().encode(content) },
];

describe('a package', () => {
  it('without faults is loaded', () => {
    expect(outcome(sampleFiles())).toBe('loaded');
  });

  const faults: [string, (app: SampleDescription) => unknown, string[]][] = [
    ['an unknown field', (app) => Object.assign(app, { colour: 'red' }), ['field-unknown /colour']],
    ['a missing field', (app) => Reflect.deleteProperty(app, 'health'), ['field-missing /health']],
    ['a wrong type', (app) => Object.assign(app, { title: 7 }), ['field-type /title']],
    [
      'a path that climbs out',
      (app) => Object.assign(app.files[0] ?? {}, { path: '../x' }),
      ['field-form /files/0/path'],
    ],
    [
      'an unknown setting',
      (app) => (app.files[0]!.document = { a: ['${settings.nope}'] }),
      ['reference-unknown /files/0/document/a/0'],
    ],
    [
      'an unknown secret',
      (app) => (app.files[0]!.document = { a: '${secret.nope}' }),
      ['reference-unknown /files/0/document/a'],
    ],
    [
      'an unknown name',
      (app) => (app.files[0]!.document = { a: '${name.nope}' }),
      ['reference-unknown /files/0/document/a'],
    ],
    [
      'an unknown port',
      (app) => app.variants.process.units[0]!.command.push('${port.nope}'),
      ['reference-unknown /variants/process/units/0/command/3'],
    ],
    [
      'an unreadable reference',
      (app) => (app.files[0]!.document = 'x${oops'),
      ['reference-unreadable /files/0/document'],
    ],
    [
      'a secret in a command',
      (app) => app.variants.process.units[0]!.command.push('${secret.session-key}'),
      ['secret-exposed /variants/process/units/0/command/3'],
    ],
    [
      'a secret in the environment',
      (app) => (app.variants.process.units[0]!.environment['KEY'] = '${secret.session-key}'),
      ['secret-exposed /variants/process/units/0/environment/KEY'],
    ],
    [
      'a secret in a file for all',
      (app) => (app.files[0] = { ...app.files[0]!, mode: '0644', document: '${secret.session-key}' }),
      ['secret-exposed /files/0/document'],
    ],
    ['a count of an unknown part', (app) => (app.counts[0]!['part'] = 'nope'), ['part-unknown /counts/0/part']],
    ['sql on files', (app) => Object.assign(app.counts[0]!, { sql: 'SELECT 1' }), ['count-unfit /counts/0']],
    [
      'sql that does more',
      (app) => Object.assign(app.counts[0]!, { sql: 'SELECT 1; DROP TABLE x' }),
      ['field-form /counts/0/sql'],
    ],
    [
      'a missing hook file',
      (app) => (app.hooks['first-admin'].script = 'hooks/nope.sh'),
      ['file-missing /hooks/first-admin/script'],
    ],
    [
      'a hook with an unknown secret',
      (app) => app.hooks['first-admin'].secrets.push('nope'),
      ['secret-unknown /hooks/first-admin/secrets/1'],
    ],
    [
      'a missing requirements file',
      (app) => (app.releases[0]!.installs.process.requirements = 'nope.txt'),
      ['file-missing /releases/0/installs/process/requirements'],
    ],
    [
      'another digest',
      (app) => (app.releases[0]!.installs.process.digest = 'b'.repeat(64)),
      ['digest-unequal /releases/0/installs/process/digest'],
    ],
    [
      'a secret that nobody makes',
      (app) => Reflect.deleteProperty(app.secrets[0]!, 'generate'),
      ['secret-unmade /secrets/0/generate'],
    ],
    ['a part without a path', (app) => Reflect.deleteProperty(app.state[0]!, 'path'), ['field-missing /state/0/path']],
    ['files in a database', (app) => Object.assign(app.state[0]!, { database: 'x' }), ['part-misplaced /state/0']],
    [
      'a server without the name of its database',
      (app) => {
        app.counts = [];
        app.state[0]!.kind = 'postgres';
      },
      ['part-misplaced /state/0'],
    ],
    [
      'a hook that is asked for at a moment that never comes',
      (app) =>
        Object.assign(app.hooks, { quiesce: { ...app.hooks['first-admin'], when: 'stopped', account: undefined } }),
      ['field-not-offered /hooks/quiesce/when'],
    ],
    [
      'a condition on a value that a setting cannot have',
      (app) => Object.assign(app.variants.process.units[0]!, { when: { setting: 'access', is: 'ajar' } }),
      ['condition-unknown /variants/process/units/0/when'],
    ],
    [
      'a condition on a setting that there is not',
      (app) => Object.assign(app.variants.process.units[0]!, { when: { setting: 'nope', is: true } }),
      ['condition-unknown /variants/process/units/0/when'],
    ],
    [
      'state that comes and goes with a setting',
      (app) => Object.assign(app.state[0]!, { when: { setting: 'access', is: 'open' } }),
      ['condition-unfixed /state/0/when/setting'],
    ],
    [
      'two units of a name that run at once',
      (app) => {
        const [unit] = app.variants.process.units;
        app.variants.process.units.push(Object.assign({ ...unit! }, { when: { setting: 'access', is: 'open' } }));
      },
      ['name-twice /variants/process/units'],
    ],
    [
      'a program of the host that it does not need',
      (app) => app.variants.process.units[0]!.command.push('${host.postgres}'),
      ['reference-unknown /variants/process/units/0/command/3'],
    ],
    [
      'a missing script',
      (app) => app.variants.process.units[0]!.command.push('${package}/units/nope.sh'),
      ['file-missing /variants/process/units/0/command/3'],
    ],
    [
      'a route to an unknown port',
      (app) => (app.variants.process.routes[0]!.port = 'nope'),
      ['port-unknown /variants/process/routes/0/port'],
    ],
    ['a name twice', (app) => app.state.push(app.state[0]!), ['name-twice /state']],
    [
      'a choice without all cases',
      (app) => (app.files[0]!.document = { $by: 'settings.access', cases: { open: 1 } }),
      ['case-missing /files/0/document'],
    ],
    [
      'a choice by free text',
      (app) => (app.files[0]!.document = { $by: 'settings.motto', cases: {} }),
      ['choice-unknown /files/0/document'],
    ],
    [
      'a choice by number',
      (app) => (app.files[0]!.document = { $by: 'settings.limit', cases: { 1: 'a' } }),
      ['choice-unknown /files/0/document'],
    ],
    [
      'a choice with more in it',
      (app) => (app.files[0]!.document = { $by: 'settings.access', cases: {}, x: 1 }),
      ['choice-malformed /files/0/document'],
    ],
  ];
  it.each(faults)('with %s is refused', (_, change, expected) => {
    expect(outcome(sampleFiles(change))).toEqual(expected);
  });

  it('with several faults is refused with all of them', () => {
    const files = sampleFiles(
      (app) => {
        app.counts[0]!['part'] = 'nope';
        app.hooks['first-admin'].script = 'hooks/nope.sh';
        app.files[0]!.document = '${settings.nope}';
      },
      { ...sampleSettings(), additionalProperties: true },
    );
    const found = outcome(files);
    expect(new Set(found)).toEqual(
      new Set([
        'settings-schema-shape /settings.schema.json/additionalProperties',
        'file-missing /hooks/first-admin/script',
        'reference-unknown /files/0/document',
        'part-unknown /counts/0/part',
      ]),
    );
  });

  it('whose settings schema is no schema is refused', () => {
    const broken = sampleSettings();
    broken.properties.limit['minimum'] = 'one';
    expect(outcome(sampleFiles(undefined, broken))).toEqual(['settings-schema-invalid /settings.schema.json']);
  });

  it('whose default is not allowed is refused', () => {
    const wrong = sampleSettings();
    wrong.properties.limit['default'] = 99;
    expect(outcome(sampleFiles(undefined, wrong))).toEqual([
      'setting-default /settings.schema.json/properties/limit/default',
    ]);
  });

  it.each([
    ['no hash', 'notes==1.0\n', 'no sha-256'],
    ['no exact version', `notes>=1.0 --hash=sha256:${'a'.repeat(64)}\n`, 'exact version'],
    ['an address', `notes @ https://example.org/notes.whl --hash=sha256:${'a'.repeat(64)}\n`, 'exact version'],
    ['an index', '--index-url https://example.org/\n', 'an option'],
    ['a short hash', 'notes==1.0 --hash=sha256:abc\n', 'no sha-256'],
  ])('with requirements that have %s is refused', (_, requirements, detail) => {
    const result = parsePackage(text(sampleFiles(), 'requirements.txt', requirements));
    const loose =
      result.kind === 'refused' ? result.findings.filter((finding) => finding.code === 'requirement-loose') : [];
    expect(loose).toEqual([expect.objectContaining({ detail: expect.stringContaining(detail) })]);
  });

  it('with YAML that is none, or that uses aliases, is refused', () => {
    expect(outcome(text(sampleFiles(), 'app.yaml', 'a: [b'))).toContain('yaml-invalid ');
    expect(outcome(text(sampleFiles(), 'app.yaml', 'a: &x [1]\nb: *x\n'))).not.toBe('loaded');
  });

  it('may have one unit for each value of a setting', () => {
    const either = sampleFiles((app) => {
      const [unit] = app.variants.process.units;
      app.variants.process.units = (['open', 'closed'] as const).map((is) =>
        Object.assign({ ...unit! }, { when: { setting: 'access', is } }),
      );
    });
    expect(outcome(either)).toBe('loaded');
  });

  it('says what a release installs', () => {
    const result = parsePackage(sampleFiles());
    if (result.kind === 'refused') throw new Error('the sample has findings');
    expect(release(result.package, '1.0')).toMatchObject({
      application: 'notes',
      date: '2026-01-02',
      python: '>=3.11',
    });
    expect(release(result.package, '2.0')).toBeUndefined();
  });

  it('is described by a JSON Schema that knows every field of app.yaml', () => {
    const schema = packageJsonSchema();
    expect(schema['$schema']).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(Object.keys(schema['properties'] ?? {})).toEqual(
      expect.arrayContaining(['releases', 'state', 'secrets', 'sign-on']),
    );
  });
});
