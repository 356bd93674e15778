import { type ConfigurationSchema, variableOf } from '@freehold/platform';
import type { DatabaseConnection, Ground } from '@freehold/supervisor';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { readIfThere, writePrivate } from '../private-file.js';
import { apiUrl, type Installation } from './installation.js';
import { logKeyFile, logPublicKeyFile, witnessesFile, witnessKeyFile, witnessPublicKeyFile } from './log-key.js';
import { CELL_ACCOUNT } from './nats-users.js';
import { providerIdentityFile, providerKeyFile } from './provider-keys.js';
import { publicValues } from './public-face.js';
import { signerKeysFile, signerOf, signingKeyFile } from './signer-keys.js';

/*
 * A service's configuration is a file of variables, `<home>/config/<service>.env`: what `serve` takes from its environment
 * elsewhere, an EnvironmentFile of systemd too. Paths of secrets, never secrets.
 */

export const configurationFile = (home: string, service: string): string => join(home, 'config', `${service}.env`);
/** Ids of erased keys; a copy of it belongs beside each backup. */
export const erasuresFile = (home: string): string => join(home, 'erasures');
export const masterKeyFile = (home: string): string => join(home, 'keys', 'master.key');

export interface ConfigurationSources {
  home: string;
  installation: Installation;
  ground: Ground;
  /** By context. */
  databases: Readonly<Record<string, DatabaseConnection>>;
  services: readonly string[];
  leaveRunning: boolean;
}

type Values = Record<string, string>;

/** Writes the variables that the schema names and that an installation on one machine has a value for. */
export function writeConfiguration(service: string, schema: ConfigurationSchema, sources: ConfigurationSources): void {
  const values: Values = { ...commonValues(service, sources), ...databaseValues(service, sources) };
  const lines = Object.keys(schema.shape).flatMap((field) => {
    const value = values[field];
    return value === undefined ? [] : [`${variableOf(field)}="${value}"`];
  });
  writePrivate(
    configurationFile(sources.home, service),
    `# Written by \`freehold up\` at every start; changes are lost.\n${lines.join('\n')}\n`,
  );
}

/** @throws when `up` has not written it. */
export function readConfiguration(home: string, service: string): Values {
  const path = configurationFile(home, service);
  const text = readIfThere(path);
  if (text === undefined) throw new Error(`${path} is missing; \`freehold up --home ${home}\` writes it`);
  return parseEnv(text) as Values;
}

function commonValues(
  service: string,
  { home, installation, ground, services, leaveRunning }: ConfigurationSources,
): Values {
  const { host, address, routerPort, apiAddress, apiPort, zone, publicFace = {} } = installation;
  return {
    natsUrl: ground.nats.url,
    natsSeedFile: ground.nats.seedFile(CELL_ACCOUNT, service),
    signingKeyFile: signingKeyFile(home, signerOf(service, installation)),
    signerKeysFile: signerKeysFile(home),
    masterKeyFile: masterKeyFile(home),
    erasuresFile: erasuresFile(home),
    listenAddress: apiAddress,
    listenPort: String(apiPort),
    ...publicValues(publicFace, apiUrl(installation)),
    healthOf: services.filter((each) => each !== 'gateway').join(','),
    zone,
    providerName: host,
    providerKeyFile: providerKeyFile(home),
    providerIdentityFile: providerIdentityFile(home),
    logKeyFile: logKeyFile(home),
    logPublicKeyFile: logPublicKeyFile(home),
    witnessKeyFile: witnessKeyFile(home),
    witnessPublicKeyFile: witnessPublicKeyFile(home),
    witnessesFile: witnessesFile(home),
    agentHost: host,
    agentFolder: join(home, 'agent'),
    agentDataFolder: join(home, 'applications'),
    routerAddress: address,
    routerPort: String(routerPort),
    leaveRunning: String(leaveRunning),
  };
}

function databaseValues(service: string, { home, databases }: ConfigurationSources): Values {
  const database = databases[service];
  if (database === undefined) return {};
  const passwordFile = join(home, 'keys', `database-${service}.password`);
  writePrivate(passwordFile, database.password);
  return {
    databaseHost: database.host,
    databasePort: String(database.port),
    databaseName: database.database,
    databaseUser: database.user,
    databaseSchema: database.schema,
    databasePasswordFile: passwordFile,
  };
}
