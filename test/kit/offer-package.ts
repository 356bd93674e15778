import { packageStore } from '@freehold/application-package';
import { openOffering, publishRelease } from '@freehold/catalog-contract';
import { connectToNats } from '@freehold/platform';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Installation } from './installation.js';

export interface OfferedPackage {
  readonly application: string;
  readonly versions: readonly string[];
  readonly bytes: Uint8Array;
  readonly digest: string;
}

/** As `freehold up` puts its own packages there: the archive into the store, then the releases and an offering. */
export async function offerPackage({ home, client }: Installation, offered: OfferedPackage): Promise<void> {
  const { application, versions, bytes, digest } = offered;
  const { FREEHOLD_NATS_URL: servers = '' } = parseEnv(readFileSync(join(home, 'config', 'audit.env'), 'utf8'));
  const seedFile = join(home, 'keys', 'nats-CELL-admin.seed');
  const admin = await connectToNats({ servers, name: 'tests', seedFile });
  try {
    await (await packageStore(admin)).put({ bytes, digest });
  } finally {
    await admin.close();
  }
  for (const version of versions)
    await client.done(publishRelease, { params: { application, version }, body: { digest } });
  const body = { policy: 'this-host', price: { currency: 'EUR', minorUnits: 0 } };
  await client.done(openOffering, { params: { application, plan: 'small' }, body });
}
