import type { Json, PackageFile } from '../domain/application-package.js';
import { sha256 } from '../package.form.js';
import { stringify } from 'yaml';

/** A small package that is free of findings, for specs: change one thing and see what is found. */
const REQUIREMENTS = `notes==1.0 \\\n    --hash=sha256:${'a'.repeat(64)}\n`;

export function sampleSettings() {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    additionalProperties: false,
    required: ['motto'],
    properties: {
      motto: { title: 'Motto', type: 'string', maxLength: 40 } as Record<string, Json>,
      access: { title: 'Access', type: 'string', enum: ['closed', 'open'], default: 'closed' } as Record<string, Json>,
      limit: { title: 'Limit', type: 'integer', minimum: 1, maximum: 9, default: 3 } as Record<string, Json>,
      contact: { title: 'Contact', type: 'string', format: 'email', 'x-personal': true } as Record<string, Json>,
      token: { title: 'Token', type: 'string', writeOnly: true } as Record<string, Json>,
      owner: { title: 'Owner', type: 'string', default: 'admin', 'x-fixed': true } as Record<string, Json>,
    },
  };
}

const probe = { port: 'web', path: '/health' };
const plan = { memoryMebibytes: 64, cpuMillis: 100, diskMebibytes: 128 };

export function sampleDescription() {
  return {
    format: 1,
    name: 'notes',
    title: 'Notes',
    categories: ['notes'],
    website: 'https://notes.example/',
    licence: 'MIT',
    releases: [
      {
        version: '1.0',
        date: '2026-01-02',
        installs: {
          process: { kind: 'python', python: '>=3.11', requirements: 'requirements.txt', digest: sha256(REQUIREMENTS) },
        },
        upgradesFrom: [] as string[],
        wayBack: { exists: true, why: 'plain files' },
      },
    ],
    resources: {
      plans: { small: plan, medium: plan, large: { ...plan, memoryMebibytes: 256 } },
      names: [{ purpose: 'web', title: 'Address', identityBound: false }],
    },
    files: [{ path: 'notes.yaml', format: 'yaml', mode: '0600', document: { motto: '${settings.motto}' } as Json }],
    variants: {
      process: {
        ports: [{ name: 'web' }],
        routes: [{ name: 'web', port: 'web' }],
        folders: ['pages'],
        units: [
          {
            name: 'notes',
            command: ['${release}/bin/notes', '--port', '${port.web}'],
            environment: {} as Record<string, string>,
          },
        ],
      },
    },
    state: [{ name: 'pages', kind: 'files', path: 'pages', copyWhileLive: true }],
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
    counts: [{ name: 'pages', title: 'Pages', part: 'pages', files: { named: '*.md' } }] as Record<string, Json>[],
    health: { started: probe, ready: probe, alive: probe },
    hooks: {
      'first-admin': {
        when: 'running',
        timeLimitMs: 1000,
        script: 'hooks/first-admin.sh',
        secrets: ['session-key'],
        twice: 'harmless',
        account: { user: '${settings.owner}@${name.web}', passwordSecret: 'session-key' },
      },
    },
    mail: { needs: 'none' },
    'sign-on': { takes: 'none' },
  };
}

export type SampleDescription = ReturnType<typeof sampleDescription>;

/** The sample's files, after `change` had its way with the description, and `settings` with the settings schema. */
export function sampleFiles(
  change: (description: SampleDescription) => unknown = () => undefined,
  settings: Json | ReturnType<typeof sampleSettings> = sampleSettings(),
): PackageFile[] {
  const description = sampleDescription();
  change(description);
  const texts: Record<string, string> = {
    'app.yaml': stringify(description, { aliasDuplicateObjects: false }),
    'settings.schema.json': JSON.stringify(settings),
    'requirements.txt': REQUIREMENTS,
    'about.md': '# Notes\n',
    'icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
    'hooks/first-admin.sh': '#!/bin/sh\n',
  };
  return Object.entries(texts).map(([path, text]) => ({ path, content: new TextEncoder().encode(text) }));
}
