import { pythonSatisfies } from '@freehold/agent';
import {
  archive,
  type ApplicationPackage,
  loadPackage,
  packageStore,
  release,
  versions,
} from '@freehold/application-package';
import { definePlan, openOffering, publishRelease, setPolicy } from '@freehold/catalog-contract';
import type { NatsConnection } from '@nats-io/transport-node';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SeedRefused, type SystemClient } from './system-client.js';

/*
 * What a new cell has to offer: the shipped packages, a plan per size, an offering per package and plan, and the policy
 * that everything goes to this host. Each is a command with a fixed id, so it happens once, whatever crashes meanwhile,
 * and what staff change afterwards stays as they left it. A newer Freehold adds its newer releases.
 */

const PLANS = ['small', 'medium', 'large'] as const;
const POLICY = 'this-host';
/** Nothing is charged for until the provider says a price; who runs it at home never does. */
const FREE = { currency: 'EUR', minorUnits: 0 };

/** Where the packages lie that come with Freehold. */
export const shippedPackages = (): string =>
  fileURLToPath(new URL('../packages/', import.meta.resolve('@freehold/catalog')));

export interface Seeded {
  applications: string[];
  packages: readonly ApplicationPackage[];
  /** What could not be seeded, for people. */
  warnings: string[];
}

export async function seedCatalogue(
  admin: NatsConnection,
  system: SystemClient,
  host: string,
  folder: string = shippedPackages(),
): Promise<Seeded> {
  const store = await packageStore(admin);
  const warnings: string[] = [];
  const tolerant = async (work: Promise<unknown>): Promise<void> => {
    await work.catch((error: unknown) => {
      if (!(error instanceof SeedRefused)) throw error;
      warnings.push(error.message);
    });
  };
  const packages = await loadAll(folder, warnings);
  await Promise.all([
    tolerant(system.command(setPolicy, `policy ${POLICY}`, policyOf(host))),
    ...PLANS.map((plan) =>
      tolerant(system.command(definePlan, `plan ${plan}`, { params: { plan }, body: { size: plan } })),
    ),
    ...packages.map(async (app) => {
      const { bytes, digest } = archive(app);
      await store.put({ bytes, digest });
      const { name: application } = app.description;
      for (const version of versions(app).toReversed()) {
        const seed = `release ${application} ${version} ${digest}`;
        await tolerant(system.command(publishRelease, seed, { params: { application, version }, body: { digest } }));
      }
    }),
  ]);
  await Promise.all(
    packages.flatMap((app) => PLANS.map((plan) => tolerant(offer(system, app.description.name, plan)))),
  );
  return { applications: packages.map((app) => app.description.name), packages, warnings };
}

/** Packages none of whose releases can be installed with this Python; null: there is none. */
export const withoutPython = (packages: readonly ApplicationPackage[], version: string | null): string[] =>
  packages
    .filter((app) =>
      versions(app).every((each) => version === null || !pythonSatisfies(version, release(app, each)?.python)),
    )
    .map((app) => app.description.name);

const policyOf = (host: string) => ({
  params: { policy: POLICY },
  body: { rule: { kind: 'this-host' as const, host } },
});

const offer = (system: SystemClient, application: string, plan: string) =>
  system.command(openOffering, `offering ${application} ${plan}`, {
    params: { application, plan },
    body: { policy: POLICY, price: FREE },
  });

async function loadAll(folder: string, warnings: string[]): Promise<ApplicationPackage[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const loaded = await Promise.all(
    names.toSorted().map(async (name) => [name, await loadPackage(join(folder, name))] as const),
  );
  return loaded.flatMap(([name, result]) => {
    if (result.kind === 'loaded') return [result.package];
    warnings.push(`the package ${name} cannot be used: ${result.findings.map(({ detail }) => detail).join('; ')}`);
    return [];
  });
}
