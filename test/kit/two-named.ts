import { archive, loadPackage, packageStore, versions } from '@freehold/application-package';
import { openOffering, publishRelease } from '@freehold/catalog-contract';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import type { Installation } from './installation.js';

/** Radicale as an application that needs two names: both lead to it. */
export const TWO_NAMED = { application: 'two-named', purposes: ['web', 'contacts'] } as const;
const RADICALE = fileURLToPath(new URL('../packages/radicale', import.meta.resolve('@freehold/catalog')));
const CHANGES: readonly (readonly [string, string])[] = [
  ['name: radicale\n', `name: ${TWO_NAMED.application}\n`],
  [
    '    - { purpose: web, title: Address, identityBound: false }\n',
    '    - { purpose: web, title: Address, identityBound: false }\n' +
      '    - { purpose: contacts, title: Address of contacts, identityBound: false }\n',
  ],
  ['      - { name: web, port: web }\n', '      - { name: web, port: web }\n      - { name: contacts, port: web }\n'],
];

/** Offers it at this installation, as its staff would. */
export async function offerTwoNamed({ home, folder, client }: Installation): Promise<void> {
  const place = mkdtempSync(join(folder, 'two-named-'));
  cpSync(RADICALE, place, { recursive: true });
  const text = CHANGES.reduce(
    (changed, [before, after]) => {
      if (!changed.includes(before)) throw new Error(`the package of Radicale has no line "${before.trim()}" any more`);
      return changed.replace(before, after);
    },
    readFileSync(join(place, 'app.yaml'), 'utf8'),
  );
  writeFileSync(join(place, 'app.yaml'), text);
  const loaded = await loadPackage(place);
  if (loaded.kind !== 'loaded') throw new Error(`it is no package: ${JSON.stringify(loaded.findings)}`);
  const { bytes, digest } = archive(loaded.package);
  await store(home, { bytes, digest });
  const { application } = TWO_NAMED;
  for (const version of versions(loaded.package))
    await client.done(publishRelease, { params: { application, version }, body: { digest } });
  const body = { policy: 'this-host', price: { currency: 'EUR', minorUnits: 0 } };
  await client.done(openOffering, { params: { application, plan: 'small' }, body });
}

async function store(home: string, packed: { bytes: Uint8Array; digest: string }): Promise<void> {
  const { FREEHOLD_NATS_URL: servers = '' } = parseEnv(readFileSync(join(home, 'config', 'audit.env'), 'utf8'));
  const seed = readFileSync(join(home, 'keys', 'nats-CELL-admin.seed'));
  const connection = await connect({ servers, authenticator: nkeyAuthenticator(new Uint8Array(seed)) });
  try {
    await (await packageStore(connection)).put(packed);
  } finally {
    await connection.close();
  }
}
