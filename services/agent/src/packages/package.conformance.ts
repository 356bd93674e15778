/**
 * The conformance suite of application packages: install, settings applied, health, identity, content through the
 * application's own API, stop and start, wrong settings. (Capture, restore elsewhere and upgrade come with moving.)
 *
 * Real processes, real HTTP by name through the router, the agent's own reconciler. A package whose software cannot be
 * installed on the test machine is not run here and is marked `unproven` in its description; nothing is skipped here.
 */
import { type ApplicationPackage, type JsonObject, loadPackage, validateSettings } from '@freehold/application-package';
import { eventually } from '@freehold/supervisor/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { PackageGround } from './package.ground.js';
import type { Site } from './package.site.js';

/** Installing comes before the first start, from the network. */
const INSTALL_TIMEOUT_MS = 300_000;
const START_TIMEOUT_MS = 90_000;

export interface PackageCase {
  /** Folder of the package. */
  readonly folder: string;
  /** By purpose. */
  readonly names: Readonly<Record<string, string>>;
  readonly settings: JsonObject;
  /** How many units run with these settings. Default: one. */
  readonly units?: number;
  /** What somebody outside sees of a setting; it differs between `settings` and `changedSettings`. */
  readonly seen: (site: Site) => Promise<unknown>;
  readonly changedSettings: JsonObject;
  readonly expected: { readonly before: unknown; readonly after: unknown };
  /** Wrong in several places; the findings' pointers, all at once. */
  readonly wrongSettings: JsonObject;
  readonly wrongPointers: readonly string[];
  /** Writes through the application's own API, as its first administrator. */
  readonly write: (site: Site) => Promise<void>;
  /** What was written, as it is read again. */
  readonly read: (site: Site) => Promise<unknown>;
  readonly content: unknown;
}

export function packageConformance(name: string, given: PackageCase, root: () => string): void {
  describe(`the package ${name}`, () => {
    let ground: PackageGround;
    let app: ApplicationPackage;
    let identity: unknown;
    beforeAll(async () => {
      const loaded = await loadPackage(given.folder);
      if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.findings, null, 1));
      app = loaded.package;
      ground = await PackageGround.open(root(), app, given.names);
    });
    afterAll(() => ground.close());

    const reach = async (
      want: 'running' | 'stopped' | 'absent',
      settings?: JsonObject,
      timeoutMs = START_TIMEOUT_MS,
    ) => {
      const generation = await ground.desire(want, settings);
      await eventually(() => ground.reported(generation) !== undefined, { timeoutMs });
      expect(ground.reported(generation)).toMatchObject({ kind: 'observed', state: want });
      const report = ground.reported(generation);
      return report?.kind === 'observed' ? report.identity : undefined;
    };
    const units = async () => {
      const seen = await ground.backend.observe();
      const here = seen.state === 'known' ? seen.environments.find(({ id }) => id === ground.environment) : undefined;
      return here?.state === 'present' ? here.units : {};
    };
    const states = async () => Object.values(await units()).map(({ state }) => state);

    test('refuses wrong settings with all findings at once', () => {
      const findings = validateSettings(app, given.wrongSettings, { mode: 'order' });
      expect(findings.map(({ pointer }) => pointer).sort()).toEqual([...given.wrongPointers].sort());
      for (const { hint } of findings) expect(hint).not.toBe('');
    });

    test(
      'is installed, becomes healthy and says who it is',
      async () => {
        identity = await reach('running', given.settings, INSTALL_TIMEOUT_MS);
        if (app.description.identity.length > 0) expect(identity).toMatchObject({ serverName: ground.site.name });
        else expect(identity).toBeNull();
      },
      INSTALL_TIMEOUT_MS + 10_000,
    );

    test('makes its first administrator, twice without harm, and leaves no input behind', async () => {
      await ground.makeFirstAdministrator();
      await ground.makeFirstAdministrator();
      const paths: string[] = [];
      for await (const { path } of ground.backend.volume(ground.environment, '').walk()) paths.push(path);
      expect(paths.filter((path) => path.startsWith('.freehold'))).toEqual([]);
    });

    test('shows its settings, and keeps content', async () => {
      expect(await given.seen(ground.site)).toEqual(given.expected.before);
      await given.write(ground.site);
      expect(await given.read(ground.site)).toEqual(given.content);
    });

    test('is left alone by an agent that comes again', async () => {
      const before = await units();
      expect(Object.keys(before)).toHaveLength(given.units ?? 1);
      await ground.restartAgent();
      expect(await given.read(ground.site)).toEqual(given.content);
      expect(await units()).toEqual(before);
    });

    test(
      'shows a changed setting, with its content',
      async () => {
        expect(await reach('running', given.changedSettings)).toEqual(identity);
        expect(await given.seen(ground.site)).toEqual(given.expected.after);
        expect(await given.read(ground.site)).toEqual(given.content);
      },
      START_TIMEOUT_MS,
    );

    test('shows no secret in its command, its environment or its log', async () => {
      const shown: string[] = [];
      for (const [name, unit] of Object.entries(await units())) {
        if (unit.state !== 'running') throw new Error(`the unit ${name} does not run`);
        for (const file of ['cmdline', 'environ']) shown.push(await readFile(`/proc/${unit.pid}/${file}`, 'utf8'));
        for await (const line of ground.backend.logs(ground.environment, name, { lines: 10_000 })) shown.push(line);
      }
      for (const secret of ground.secrets) expect(shown.join('\n')).not.toContain(secret.trim());
    });

    test(
      'stops, and starts with the same content and identity',
      async () => {
        await reach('stopped');
        expect(new Set(await states())).toEqual(new Set(['exited']));
        expect((await ground.site.ask('GET', '/')).status).toBe(404);
        expect(await reach('running')).toEqual(identity);
        expect(await given.read(ground.site)).toEqual(given.content);
      },
      START_TIMEOUT_MS,
    );

    test('leaves nothing when it is to be gone', async () => {
      await reach('absent');
      expect(await ground.backend.observe()).toEqual({ state: 'known', environments: [] });
    });
  });
}
