import { execFile } from 'node:child_process';
import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parse as parseYaml } from 'yaml';
import type { ApplicationPackage, Json } from './domain/application-package.js';
import type { Values } from './domain/document.render.js';
import { serialise } from './domain/document.serialise.js';
import { render } from './domain/package.render.js';
import { countsOf, missingPrograms, statePartsOf } from './domain/state.parts.js';
import { makeSecret, secretsToMake } from './domain/secrets.make.js';
import { classifySettings, fixedSettings, validateSettings, withDefaults } from './domain/settings.validate.js';
import { archive, unarchive } from './package.archive.js';
import { loadPackage } from './package.load.js';
import { release } from './release.js';
import { sampleFiles } from './testing/sample-package.js';

const run = promisify(execFile);
const SHIPPED = join(import.meta.dirname, '../../../services/catalog/packages');

async function shipped(name: string): Promise<ApplicationPackage> {
  const result = await loadPackage(join(SHIPPED, name));
  if (result.kind === 'refused') throw new Error(JSON.stringify(result.findings, null, 1));
  return result.package;
}

function valuesFor(app: ApplicationPackage, settings: Values['settings']): Values {
  const secrets = secretsToMake(app).map(({ name, generate }) => [
    name,
    makeSecret(generate, (size) => new Uint8Array(size)),
  ]);
  return {
    settings,
    secrets: Object.fromEntries(secrets),
    names: { 'server name': 'chat.example.org', web: 'dav.example.org' },
    ports: { web: 8008 },
    folder: '/deployment',
    releaseFolder: '/release',
    publicPort: 8080,
  };
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'package-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe.each(['synapse', 'radicale'])('the shipped package %s', (name) => {
  it('has no findings, and none after a way through its archive', async () => {
    const app = await shipped(name);
    const { bytes, digest } = archive(app);
    expect(unarchive(bytes, { digest })).toEqual({ kind: 'loaded', package: app });
  });

  it('can be ordered without any setting and installs something', async () => {
    const app = await shipped(name);
    expect(validateSettings(app, {}, { mode: 'order' })).toEqual([]);
    for (const { version } of app.description.releases)
      expect(release(app, version)?.requirements).toContain('--hash=sha256:');
  });

  it('shows no secret but in files for its owner', async () => {
    const app = await shipped(name);
    const values = valuesFor(app, {});
    const rendered = render(app, { variant: 'process', values });
    const open = JSON.stringify({ ...rendered, files: rendered.files.filter((file) => (file.mode & 0o077) !== 0) });
    for (const secret of Object.values(values.secrets)) expect(open).not.toContain(secret.trim());
  });
});

describe('Synapse as rendered', () => {
  const placed = { folder: '/package', host: { postgres: '/pg/bin' } };

  async function homeserver(settings: Values['settings']): Promise<Json> {
    const app = { ...(await shipped('synapse')), placed };
    const { files } = render(app, { variant: 'process', values: valuesFor(app, settings) });
    return parseYaml(files.find((file) => file.path === 'homeserver.yaml')?.content ?? '');
  }

  it.each([
    [
      'closed',
      {
        enable_registration: false,
        registration_requires_token: false,
        enable_registration_without_verification: false,
      },
    ],
    [
      'token',
      { enable_registration: true, registration_requires_token: true, enable_registration_without_verification: false },
    ],
    [
      'open',
      { enable_registration: true, registration_requires_token: false, enable_registration_without_verification: true },
    ],
  ])('lets people register as set: %s', async (registration, expected) => {
    expect(await homeserver({ registration })).toMatchObject(expected);
  });

  it('federates with all or with none', async () => {
    expect(await homeserver({ federation: true })).not.toHaveProperty('federation_domain_whitelist');
    expect(await homeserver({ federation: false })).toHaveProperty('federation_domain_whitelist', []);
  });

  it('takes limits, contact and addresses from the settings, and asks nobody outside for keys', async () => {
    expect(await homeserver({ uploadLimitMebibytes: 7, contact: 'ann@example.org' })).toMatchObject({
      server_name: 'chat.example.org',
      public_baseurl: 'http://chat.example.org:8080/',
      max_upload_size: '7M',
      admin_contact: 'mailto:ann@example.org',
      trusted_key_servers: [],
      signing_key_path: '/deployment/secrets/signing.key',
    });
    expect(await homeserver({})).not.toHaveProperty('admin_contact');
  });

  it('keeps its rows where it was ordered to, and the same is left out and counted', async () => {
    const app = await shipped('synapse');
    const [lite, media] = statePartsOf(app, {});
    const [server] = statePartsOf(app, { database: 'postgres' });
    expect(lite).toMatchObject({ name: 'database', kind: 'sqlite', path: 'database/homeserver.db' });
    expect(server).toMatchObject({ name: 'database', kind: 'postgres', path: 'postgres', database: 'synapse' });
    expect(server?.leaveOut).toEqual(lite?.leaveOut);
    expect(server && countsOf(app, server).map(({ name }) => name)).toContain('events');
    expect(media && countsOf(app, media)).toEqual([
      { name: 'media-files', files: { named: '*', under: 'local_content' } },
    ]);
    expect(missingPrograms(app, {}, {})).toEqual([]);
    expect(missingPrograms(app, { database: 'postgres' }, {})).toMatchObject([{ pointer: '/database' }]);
  });

  it('on PostgreSQL starts the engine first, and is itself the same', async () => {
    const app = { ...(await shipped('synapse')), placed };
    const rendered = render(app, { variant: 'process', values: valuesFor(app, { database: 'postgres' }) });
    expect(rendered.units.map(({ name, command }) => [name, command[1]])).toEqual([
      ['postgres', '/package/units/postgres.sh'],
      ['homeserver', '/package/units/homeserver.sh'],
    ]);
    expect(await homeserver({ database: 'postgres' })).toMatchObject({ database: { name: 'psycopg2' } });
    expect(await homeserver({})).toMatchObject({ database: { name: 'sqlite3' } });
  });

  it('treats contact and administrator as personal, and the administrator as fixed', async () => {
    const app = await shipped('synapse');
    expect(classifySettings(app)).toEqual({ personal: ['/contact', '/adminName'], secret: [] });
    const current = withDefaults(app, {});
    const findings = validateSettings(app, { adminName: 'eve' }, { mode: 'change', current });
    expect(findings.map((finding) => finding.code)).toEqual(['setting-fixed']);
    expect(fixedSettings(app)).toEqual(['adminName', 'database']);
  });
});

describe('a folder', () => {
  const write = async (path: string, content: Uint8Array | string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  };

  it('with a package is loaded; what begins with a dot is passed over', async () => {
    for (const { path, content } of sampleFiles()) await write(path, content);
    await write('.git/config', 'x');
    const result = await loadPackage(folder);
    expect(result.kind === 'loaded' && result.package.files.map((file) => file.path)).not.toContain('.git/config');
    expect(result.kind).toBe('loaded');
  });

  it('with a link is refused', async () => {
    for (const { path, content } of sampleFiles()) await write(path, content);
    await symlink('/etc/passwd', join(folder, 'link.md'));
    const result = await loadPackage(folder);
    expect(result.kind === 'refused' && result.findings).toMatchObject([{ code: 'file-special', pointer: '/link.md' }]);
  });

  it('that is not there is a failure, not a finding', async () => {
    await expect(loadPackage(join(folder, 'nope'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

/** Many values in one file, so that each reader is started once. */
const values = fc.sample(fc.string({ unit: 'binary', maxLength: 30 }), { numRuns: 200, seed: 11 });
const FIXED = [
  '',
  '$HOME',
  '`id`',
  '$(id)',
  '"',
  '\\',
  "'",
  'a\nb',
  ' x ',
  '#',
  '%(x)s',
  'é',
  '\\n',
  'a = b',
  '; c',
  '[s]',
];

describe('what others read', () => {
  it('from an environment file is what was written: a POSIX shell', async () => {
    const carried = [...FIXED, ...values].filter((value) => !value.includes('\0'));
    const document = Object.fromEntries(carried.map((value, index) => [`V${index}`, value]));
    await writeFile(join(folder, 'env'), serialise('environment', document, 'env'));
    const print = Object.keys(document).map((key) => `printf '%s\\0' "$${key}"`);
    const { stdout } = await run('/bin/sh', ['-c', `. ./env; ${print.join(';')}`], { cwd: folder });
    expect(stdout.split('\0').slice(0, -1)).toEqual(carried);
  });

  it('from an INI file of Python is what was written: RawConfigParser', async () => {
    const carried = [...FIXED, ...values].filter((value) => accepted(value));
    expect(carried.length).toBeGreaterThan(10);
    const document = { s: Object.fromEntries(carried.map((value, index) => [`v${index}`, value])) };
    await writeFile(join(folder, 'ini'), serialise('python-ini', document, 'ini'));
    const script =
      'import configparser,json; p=configparser.RawConfigParser(); p.read("ini",encoding="utf-8"); print(json.dumps(list(dict(p["s"]).values())))';
    const { stdout } = await run('python3', ['-c', script], { cwd: folder });
    expect(JSON.parse(stdout)).toEqual(carried);
  });
});

function accepted(value: string): boolean {
  try {
    return serialise('python-ini', { s: { v: value } }, 'ini') !== '';
  } catch {
    return false;
  }
}
