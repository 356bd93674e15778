import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parse as parseIni } from 'ini';
import { parse as parseYaml } from 'yaml';
import { parsePackage } from '../package.parse.js';
import { sampleFiles, type SampleDescription } from '../testing/sample-package.js';
import type { ApplicationPackage, Json } from './application-package.js';
import { RenderError, type Values } from './document.render.js';
import { firstAdmin, hookInput, hookSpec } from './hooks.js';
import { render } from './package.render.js';
import { mapResources } from './resources.map.js';
import { makeSecret, secretsToMake } from './secrets.make.js';

function sample(change?: (description: SampleDescription) => unknown): ApplicationPackage {
  const result = parsePackage(sampleFiles(change));
  if (result.kind === 'refused') throw new Error(JSON.stringify(result.findings));
  return result.package;
}

const values: Values = {
  settings: { motto: 'hello' },
  secrets: { 'session-key': 'planted-secret' },
  names: { web: 'notes.example' },
  ports: { web: 4711 },
  folder: '/deployment',
  releaseFolder: '/release',
  publicPort: 80,
};

/** Writes the sample's own file, with this document in this format, for settings that follow. */
function writer(document: Json, format: string): (settings: Values['settings']) => string {
  const app = sample((description) => Object.assign(description.files[0]!, { document, format }));
  return (settings) => {
    const { files } = render(app, { variant: 'process', values: { ...values, settings } });
    return files.find((file) => file.path === 'notes.yaml')?.content ?? '';
  };
}

function written(document: Json, settings = values.settings): string {
  return writer(document, 'yaml')(settings);
}

/** Text that breaks formats: quotes, line ends, references, words of YAML and INI, and anything else. */
const hostile = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    'no',
    'on',
    '~',
    'null',
    '1_000',
    '0o7',
    '12:30',
    '2001-01-01',
    '<<',
    '=',
    '!!python/name:os.system',
    '*x',
  ),
  fc.constantFrom(
    '${settings.motto}',
    '$${',
    '${',
    '"',
    "'",
    '\\',
    '\n',
    'a\nb: c',
    '\r\n[x]\ny=1',
    '# x',
    '; x',
    'a = b',
    '{{x}}',
    '`id`',
    '$(id)',
    '%(here)s',
  ),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
);

describe('a reference in a document', () => {
  it('that is the whole string takes the value with its type', () => {
    const document = { limit: '${settings.limit}', port: '${port.web}', motto: '${settings.motto}' };
    expect(parseYaml(written(document))).toEqual({ limit: 3, port: 4711, motto: 'hello' });
  });

  it('inside a longer string becomes text; $${ stands for itself', () => {
    expect(
      parseYaml(written(['http://${name.web}:${publicPort}/', '$${settings.motto}', '${folder}/x', '${release}'])),
    ).toEqual(['http://notes.example:80/', '${settings.motto}', '/deployment/x', '/release']);
  });

  it('to a setting that is not set leaves its key or item out', () => {
    expect(parseYaml(written({ a: 'mailto:${settings.contact}', b: ['${settings.contact}', 1] }))).toEqual({ b: [1] });
  });

  it('in a choice follows the setting', () => {
    const document = {
      a: { $by: 'settings.access', cases: { closed: { $leaveOut: true }, open: '${settings.limit}' } },
      b: 1,
    };
    expect(parseYaml(written(document))).toEqual({ b: 1 });
    expect(parseYaml(written(document, { motto: 'x', access: 'open' }))).toEqual({ a: 3, b: 1 });
  });

  it('to a secret gives the path of its file, and its value in files for the owner only', () => {
    const document = { path: '${secretPath.session-key}', value: '${secret.session-key}' };
    expect(parseYaml(written(document))).toEqual({ path: '/deployment/secrets/session.key', value: 'planted-secret' });
  });

  it('for which there is no value is an error with its name', () => {
    const app = sample();
    const lacking = { ...values, ports: {} };
    expect(() => render(app, { variant: 'process', values: lacking })).toThrow(RenderError);
    expect(() => render(app, { variant: 'process', values: lacking })).toThrow('${port.web}');
  });
});

describe('hostile values', () => {
  it.each(['1.1', '1.2'] as const)('come back unchanged from YAML %s', (version) => {
    const write = writer({ a: '${settings.motto}', b: ['x ${settings.motto} y'] }, 'yaml');
    fc.assert(
      fc.property(hostile, (motto) => {
        expect(parseYaml(write({ motto }), { version })).toEqual({ a: motto, b: [`x ${motto} y`] });
      }),
    );
  });

  it('come back unchanged from JSON', () => {
    const write = writer({ a: '${settings.motto}' }, 'json');
    fc.assert(
      fc.property(hostile, (motto) => {
        expect(JSON.parse(write({ motto }))).toEqual({ a: motto });
      }),
    );
  });

  it('come back unchanged from INI, or are refused', () => {
    const write = writer({ s: { a: '${settings.motto}', b: 'kept' } }, 'ini');
    let carried = 0;
    fc.assert(
      fc.property(hostile, (motto) => {
        const text = orRefused(() => write({ motto }));
        if (text === undefined) return;
        carried += 1;
        expect(parseIni(text)).toEqual({ s: { a: motto, b: 'kept' } });
      }),
    );
    expect(carried).toBeGreaterThan(20);
  });

  it('never make a second line in an INI file of Python', () => {
    const write = writer({ s: { a: '${settings.motto}' } }, 'python-ini');
    fc.assert(
      fc.property(hostile, (motto) => {
        const text = orRefused(() => write({ motto }));
        if (text !== undefined) expect(text).toBe(`[s]\na = ${motto}\n`);
      }),
    );
  });

  it('that are not Unicode are refused', () => {
    expect(() => writer({ a: '${settings.motto}' }, 'json')({ motto: '\ud800' })).toThrow(RenderError);
  });
});

function orRefused(run: () => string): string | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof RenderError) return undefined;
    throw error;
  }
}

describe('a rendered deployment', () => {
  const rendered = render(sample(), { variant: 'process', values });

  it('has its secrets in files of mode 0400 and nowhere else', () => {
    expect(rendered.files[0]).toEqual({ path: 'secrets/session.key', content: 'planted-secret', mode: 0o400 });
    expect(JSON.stringify({ ...rendered, files: [] })).not.toContain('planted-secret');
  });

  it('has units, ports, probes and routes with their values', () => {
    expect(rendered.units).toEqual([
      {
        name: 'notes',
        command: ['/release/bin/notes', '--port', '4711'],
        workingFolder: '/deployment',
        environment: {},
        stopSignal: 'SIGTERM',
        stopTimeoutMs: 10_000,
        network: 'host',
      },
    ]);
    expect(rendered).toMatchObject({ ports: ['web'], folders: ['pages'], routes: [{ purpose: 'web', port: 'web' }] });
    expect(rendered.health.ready).toEqual({ port: 4711, path: '/health', status: 200, timeoutMs: 5_000 });
  });

  it('is the same for the same arguments', () => {
    expect(render(sample(), { variant: 'process', values })).toEqual(rendered);
  });
});

describe('a hook', () => {
  const places = {
    packageFolder: '/package',
    folder: '/deployment',
    releaseFolder: '/release',
    inputPath: '/input.json',
  };

  it('gets its input as a file: only the secrets that it declares', () => {
    const input = hookInput(sample(), 'first-admin', {
      ...values,
      secrets: { ...values.secrets, other: 'not for it' },
    });
    expect(input['secrets']).toEqual({ 'session-key': 'planted-secret' });
    expect(input['account']).toEqual({ user: 'admin@notes.example', passwordSecret: 'session-key' });
    expect(input['settings']).toMatchObject({ motto: 'hello', access: 'closed' });
  });

  it('has no value in its command', () => {
    const spec = hookSpec(sample(), 'first-admin', places);
    expect(spec?.command).toEqual(['/bin/sh', '/package/hooks/first-admin.sh', '/input.json']);
    expect(hookSpec(sample(), 'quiesce', places)).toBeUndefined();
  });

  it('says which account it makes', () => {
    expect(firstAdmin(sample(), values)).toEqual({ user: 'admin@notes.example', passwordSecret: 'session-key' });
  });
});

it('resources follow from the plan', () => {
  const requests = mapResources(sample(), { plan: 'large', settings: {} });
  expect(requests).toEqual({
    memoryBytes: 256 * 1024 * 1024,
    cpuMillis: 100,
    diskBytes: 128 * 1024 * 1024,
    names: [{ purpose: 'web', identityBound: false }],
    mail: 'none',
    bucket: false,
  });
});

describe('secrets', () => {
  const octets = (size: number): Uint8Array => new Uint8Array(size).fill(27);

  it('are made from the octets that are given', () => {
    expect(secretsToMake(sample())).toEqual([
      { name: 'session-key', generate: { kind: 'random', bytes: 32, encoding: 'hex' } },
    ]);
    expect(makeSecret({ kind: 'random', bytes: 16, encoding: 'hex' }, octets)).toBe('1b'.repeat(16));
    expect(makeSecret({ kind: 'random', bytes: 18, encoding: 'base64url' }, octets)).toMatch(/^[\w-]{24}$/);
  });

  it('can be a signing key of Synapse: one line, key version, unpadded seed of 32 octets', () => {
    const [algorithm, version, seed] = makeSecret({ kind: 'synapse-signing-key' }, octets).trim().split(' ');
    expect([algorithm, version]).toEqual(['ed25519', 'a_bbbb']);
    expect(seed).not.toContain('=');
    expect(Buffer.from(seed ?? '', 'base64')).toEqual(Buffer.from(octets(32)));
  });
});
