import { accountsService } from '@freehold/accounts';
import { auditService } from '@freehold/audit';
import { catalogService } from '@freehold/catalog';
import { deploymentService } from '@freehold/deployment';
import { startGateway } from '@freehold/gateway';
import { createProviderKey } from '@freehold/peer';
import { bootService, createSignerKey, type RunningService } from '@freehold/platform';
import type { ContextGround } from '@freehold/platform/testing';
import { portabilityService } from '@freehold/portability';
import { provisioningService } from '@freehold/provisioning';
import { createIdentityFile } from '@freehold/vault';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bootCellAgent, type CellHost } from './cell-agent.js';

/** The contexts with read models: each has a role and a schema of the database. */
export const CONTEXTS = ['accounts', 'catalog', 'provisioning', 'deployment', 'portability', 'audit'] as const;
export type CellContext = (typeof CONTEXTS)[number];

/** In the order in which they start; they stop in the opposite one. */
export const CELL_SERVICES = [...CONTEXTS, 'agent', 'gateway'] as const;
export type CellService = (typeof CELL_SERVICES)[number];

export const ZONE = 'freehold.test';
export const HOST = 'this-host';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface BootOptions {
  contexts: ContextGround<CellContext | 'gateway'>;
  /** What the host is, whichever agent works on it. */
  host: CellHost;
  /** Of keys, journals and packages. */
  folder: string;
  /** Of the gateway: the same one again after a restart. */
  port: number;
  logLevel: LogLevel;
}

/** The agent's own folder; the host's identity is in it. */
export const agentFolder = (folder: string): string => join(folder, 'agent');

const publicUrl = ({ port }: BootOptions): string => `http://127.0.0.1:${port}`;
export const providerFiles = (folder: string) => ({
  key: join(folder, 'provider.pem'),
  identity: join(folder, 'provider.age'),
  logKey: join(folder, 'log.pem'),
  logPublicKey: join(folder, 'log.pub'),
  witnessKey: join(folder, 'witness.pem'),
  witnessPublicKey: join(folder, 'witness.pub'),
});

/** Whom the cell asks for cosignatures, and whom it gives them; not there at first. */
export const witnessesFile = (folder: string): string => join(folder, 'witnesses.json');

/** What makes a cell a provider to others, as `up` makes it. */
export async function makeProviderKeys(folder: string): Promise<void> {
  const { key, identity, ...pairs } = providerFiles(folder);
  const [log, witness] = [createSignerKey(), createSignerKey()];
  await Promise.all([
    createProviderKey(key),
    createIdentityFile(identity),
    writeFile(pairs.logKey, log.privatePem, { mode: 0o600 }),
    writeFile(pairs.logPublicKey, log.publicPem),
    writeFile(pairs.witnessKey, witness.privatePem, { mode: 0o600 }),
    writeFile(pairs.witnessPublicKey, witness.publicPem),
  ]);
}

/** Starts one service as `freehold serve <name>` does, from the configuration of this cell. */
export function bootCellService(name: CellService, options: BootOptions): Promise<RunningService> {
  const { contexts, folder, host, logLevel } = options;
  const common = { ...contexts.configurationOf(name === 'agent' ? 'gateway' : name), logLevel };
  switch (name) {
    case 'accounts':
      return bootService({ ...accountsService, config: accountsService.configSchema.parse(common) });
    case 'catalog':
      return bootService({ ...catalogService, config: catalogService.configSchema.parse(common) });
    case 'audit':
      return bootService({
        ...auditService,
        config: auditService.configSchema.parse({
          ...common,
          publicUrl: publicUrl(options),
          logKeyFile: providerFiles(folder).logKey,
          witnessKeyFile: providerFiles(folder).witnessKey,
          witnessesFile: witnessesFile(folder),
          checkpointSeconds: 1,
        }),
      });
    case 'deployment':
      return bootService({
        ...deploymentService,
        config: deploymentService.configSchema.parse({
          ...common,
          providerIdentityFile: providerFiles(folder).identity,
        }),
      });
    case 'portability':
      return bootService({
        ...portabilityService,
        config: portabilityService.configSchema.parse({
          ...common,
          publicUrl: publicUrl(options),
          providerName: HOST,
          zone: ZONE,
          providerKeyFile: providerFiles(folder).key,
          providerIdentityFile: providerFiles(folder).identity,
          logPublicKeyFile: providerFiles(folder).logPublicKey,
          witnessPublicKeyFile: providerFiles(folder).witnessPublicKey,
          addressPolicy: 'embedded',
        }),
      });
    case 'provisioning':
      return bootService({
        ...provisioningService,
        config: provisioningService.configSchema.parse({ ...common, zone: ZONE }),
      });
    case 'agent':
      return bootCellAgent(host, {
        ...common,
        signingKeyFile: contexts.signingKeyFile(`agent.${HOST}`),
        agentHost: HOST,
        agentFolder: agentFolder(folder),
        agentDataFolder: join(folder, 'agent-data'),
        routerAddress: '127.0.0.1',
        routerPort: 0,
      });
    case 'gateway':
      return startGateway({
        ...common,
        listenAddress: '127.0.0.1',
        listenPort: options.port,
        publicUrl: publicUrl(options),
        healthOf: CONTEXTS.join(','),
      });
  }
}
