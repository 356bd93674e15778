import { archive, parsePackage } from '@freehold/application-package';
import { createHash } from 'node:crypto';

const REQUIREMENTS = `greeter==1.0 --hash=sha256:${'a'.repeat(64)}\n`;
const CACHE = { path: 'cache', why: 'Made again.' };
const probe = { port: 'web', path: '/', timeoutMs: 500 };

const settingsSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  additionalProperties: false,
  properties: {
    greeting: { title: 'Greeting', type: 'string', default: 'hello' },
    note: { title: 'Note', type: 'string', default: 'none' },
  },
};

/** `program` and its arguments after the port; `hook` is the script of first-admin. */
export interface GreeterOptions {
  readonly program?: string;
  readonly startTimeoutMs?: number;
  readonly hook?: string;
  /** Of hooks of moves, which run while it runs: the script by the name. */
  readonly moving?: Readonly<Partial<Record<'quiesce' | 'after-restore', string>>>;
  readonly files?: boolean;
  /** With a part of kind sqlite beside its pages, and a cache among them that is left out. */
  readonly database?: boolean;
}

/** A small application for a MemoryHost (programs.fixture.ts), as a package that is free of findings. */
export function greeterPackage({
  program = 'serve',
  startTimeoutMs = 5_000,
  hook,
  moving = {},
  files = true,
  database = false,
}: GreeterOptions = {}) {
  const script = hook ?? 'first-admin';
  const plan = { memoryMebibytes: 64, cpuMillis: 100, diskMebibytes: 128 };
  const description = {
    format: 1,
    name: 'greeter',
    title: 'Greeter',
    categories: ['notes'],
    website: 'https://greeter.example/',
    licence: 'MIT',
    releases: [
      {
        version: '1.0',
        date: '2026-01-02',
        installs: {
          process: { kind: 'python', python: '>=3.11', requirements: 'r.txt', digest: sha256(REQUIREMENTS) },
        },
        upgradesFrom: [],
        wayBack: { exists: true, why: 'plain files' },
      },
    ],
    resources: {
      plans: { small: plan, medium: plan, large: plan },
      names: [{ purpose: 'web', title: 'Address', identityBound: false }],
    },
    files: files
      ? [{ path: 'greeter.yaml', format: 'yaml', mode: '0400', document: { note: '${settings.note}' } }]
      : [],
    variants: {
      process: {
        ports: [{ name: 'web' }],
        routes: [{ name: 'web', port: 'web' }],
        folders: database ? ['pages', 'database'] : ['pages'],
        units: [{ name: 'web', command: [program, '${port.web}', '${settings.greeting}'], stopTimeoutMs: 2_000 }],
      },
    },
    state: [
      { name: 'pages', kind: 'files', path: 'pages', leaveOut: database ? [CACHE] : [], copyWhileLive: true },
      ...(database ? [{ name: 'database', kind: 'sqlite', path: 'database/app.db', copyWhileLive: false }] : []),
    ],
    counts: database ? [{ name: 'visits', title: 'Visits', part: 'database', sql: 'SELECT COUNT(*) FROM visit' }] : [],
    secrets: [
      {
        name: 'session-key',
        madeBy: 'platform',
        generate: { kind: 'random', bytes: 32, encoding: 'hex' },
        put: { path: 'secrets/session.key' },
        travels: true,
        ifLost: 'everybody signs in again',
      },
    ],
    health: { startTimeoutMs, started: probe, ready: probe, alive: probe },
    hooks: {
      'first-admin': {
        when: 'running',
        timeLimitMs: 1_000,
        script: `hooks/${script}.sh`,
        secrets: ['session-key'],
        twice: 'harmless',
        account: { user: 'admin', passwordSecret: 'session-key' },
      },
      ...Object.fromEntries(Object.entries(moving).map(([name, of]) => [name, hookOf(of)])),
    },
    mail: { needs: 'none' },
    'sign-on': { takes: 'none' },
  };
  const texts = {
    'app.yaml': JSON.stringify(description),
    'settings.schema.json': JSON.stringify(settingsSchema),
    'r.txt': REQUIREMENTS,
    'about.md': '# Greeter\n',
    'icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
    ...Object.fromEntries([script, ...Object.values(moving)].map((of) => [`hooks/${of}.sh`, '#!/bin/sh\n'])),
  };
  const loaded = parsePackage(
    Object.entries(texts).map(([path, text]) => ({ path, content: new TextEncoder().encode(text) })),
  );
  if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.findings, null, 1));
  return { app: loaded.package, ...archive(loaded.package) };
}

const hookOf = (script: string) => ({
  ...{ when: 'running', timeLimitMs: 1_000, script: `hooks/${script}.sh`, twice: 'harmless' },
});

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
