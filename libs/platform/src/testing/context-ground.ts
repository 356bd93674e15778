import { ensureLogStream } from '@freehold/log';
import type { ClaimedGround } from '@freehold/supervisor/testing';
import { createMasterKey, ensureVaultBucket } from '@freehold/vault';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContextConfiguration } from '../context/context-configuration.js';
import { ensureOps } from '../followers/bookmarks.js';
import type { Signer } from '../principals/principal-token.js';
import { writeSignerKeys } from './service-keys.js';

/** What several contexts stand on in a test: streams, buckets, keys and a database with a role each. */
export interface ContextGround<Name extends string> {
  configurationOf(name: Name): ContextConfiguration;
  signingKeyFile(signer: Signer): string;
  signerKeysFile: string;
}

export async function contextGround<Name extends Signer>(
  ground: ClaimedGround,
  names: readonly Name[],
  signers: readonly Signer[] = [],
): Promise<ContextGround<Name>> {
  const connection = await ground.connect();
  await ensureLogStream(connection, { maxBytes: 2 ** 28 });
  await ensureVaultBucket(connection);
  await ensureOps(connection);
  const masterKeyFile = join(ground.folder, 'master.key');
  await createMasterKey(masterKeyFile);
  const keys = writeSignerKeys(join(ground.folder, 'keys'), [...new Set<Signer>([...names, ...signers])]);
  const databases = await ground.databaseFor(names);
  return {
    ...keys,
    configurationOf: (name) => {
      const database = databases[name];
      if (database === undefined) throw new RangeError(`${name} is not among the names of this ground`);
      const databasePasswordFile = join(ground.folder, `${name}.password`);
      writeFileSync(databasePasswordFile, database.password, { mode: 0o600 });
      return {
        natsUrl: ground.natsUrl,
        natsSeedFile: ground.seedFile('admin'),
        signingKeyFile: keys.signingKeyFile(name),
        signerKeysFile: keys.signerKeysFile,
        logLevel: 'fatal',
        databaseHost: database.host,
        databasePort: database.port,
        databaseName: database.database,
        databaseUser: database.user,
        databaseSchema: database.schema,
        databasePasswordFile,
        masterKeyFile,
      };
    },
  };
}
