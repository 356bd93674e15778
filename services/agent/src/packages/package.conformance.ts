/**
 * The conformance suite of application packages: install, settings applied, health, identity, content through the
 * application's own API, stop and start, a move to another environment, wrong settings. (Upgrade comes with upgrades.)
 *
 * Real processes, real HTTP by name through the router, the agent's own reconciler. A package whose software cannot be
 * installed on the test machine is not run here and is marked `unproven` in its description; nothing is skipped here.
 */
import { type ApplicationPackage, type JsonObject, loadPackage, validateSettings } from '@freehold/application-package';
import { eventually } from '@freehold/supervisor/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import type { UnitStatus } from '../backend/runtime-backend.js';
import { PackageGround } from './package.ground.js';
import { moveState } from './package.move.js';
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
  /** What users and their programs hold on to, and a move must not change: ids, versions, sessions, attachments. */
  readonly kept: (site: Site) => Promise<unknown>;
  /** What a move must not carry over, where there is any. */
  readonly leftBehind?: {
    readonly read: (site: Site) => Promise<unknown>;
    readonly before: unknown;
    readonly after: unknown;
  };
}

type Want = 'running' | 'stopped' | 'absent';

/** What is wanted holds; the identity that was reported with it. */
async function reachOn(
  ground: PackageGround,
  want: Want,
  { settings, timeoutMs = START_TIMEOUT_MS }: { settings?: JsonObject; timeoutMs?: number } = {},
) {
  const generation = await ground.desire(want, settings);
  await eventually(() => ground.reported(generation) !== undefined, { timeoutMs });
  expect(ground.reported(generation)).toMatchObject({ kind: 'observed', state: want });
  const report = ground.reported(generation);
  return report?.kind === 'observed' ? report.identity : undefined;
}

function pids(units: Readonly<Record<string, UnitStatus>>): (number | null)[] {
  return Object.values(units).map((unit) => (unit.state === 'running' ? unit.pid : null));
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

    const reach = (want: Want, settings?: JsonObject, timeoutMs?: number) =>
      reachOn(ground, want, { ...(settings && { settings }), ...(timeoutMs && { timeoutMs }) });
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
      'comes back with its content when it is killed',
      async () => {
        const before = await units();
        for (const unit of Object.values(before)) if (unit.state === 'running') process.kill(unit.pid, 'SIGKILL');
        const isBack = async () => {
          const [was, now] = [pids(before), pids(await units())];
          if (now.some((pid) => pid === null || was.includes(pid))) return false;
          return (await given.read(ground.site).catch(() => undefined)) !== undefined;
        };
        expect(await eventually(isBack, { timeoutMs: START_TIMEOUT_MS })).toBe(true);
        expect(await given.read(ground.site)).toEqual(given.content);
      },
      START_TIMEOUT_MS + 10_000,
    );

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

    test(
      'is the same elsewhere when it was moved: content, identity, sessions',
      async () => {
        const kept = await given.kept(ground.site);
        expect(await given.leftBehind?.read(ground.site)).toEqual(given.leftBehind?.before);
        await reach('stopped');
        const there = await ground.successor();
        try {
          const { reports, differences } = await moveState(ground, there);
          expect(differences).toEqual([]);
          // Nothing is equal to nothing: something was there to be moved.
          const counts = reports.flatMap((report) => Object.values(report.counts));
          expect(Math.max(...counts)).toBeGreaterThan(0);
          expect(await reachOn(there, 'running')).toEqual(identity);
          expect(await given.read(there.site)).toEqual(given.content);
          expect(await given.kept(there.site)).toEqual(kept);
          expect(await given.seen(there.site)).toEqual(given.expected.after);
          expect(await given.leftBehind?.read(there.site)).toEqual(given.leftBehind?.after);
          await reachOn(there, 'absent');
        } finally {
          await there.close();
        }
      },
      2 * START_TIMEOUT_MS,
    );

    test('leaves nothing when it is to be gone', async () => {
      await reach('absent');
      expect(await ground.backend.observe()).toEqual({ state: 'known', environments: [] });
    });
  });
}
