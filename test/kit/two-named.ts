import { archive, loadPackage, versions } from '@freehold/application-package';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Installation } from './installation.js';
import { offerPackage } from './offer-package.js';

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
export async function offerTwoNamed(installation: Installation): Promise<void> {
  const place = mkdtempSync(join(installation.folder, 'two-named-'));
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
  const { application } = TWO_NAMED;
  await offerPackage(installation, { application, versions: versions(loaded.package), bytes, digest });
}
