import {
  bootService,
  configuration,
  type ConfigurationSchema,
  type Environment,
  type FollowingOfProcess,
  type PlatformConfiguration,
  type RunningService,
} from '@freehold/platform';
import type { DynamicModule, Type } from '@nestjs/common';

/** In the order in which a list of them is read; they may start in any. */
export const SERVICE_NAMES = [
  'accounts',
  'catalog',
  'provisioning',
  'deployment',
  'portability',
  'audit',
  'agent',
  'gateway',
] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** Services with read models: each has a role and a schema of the database. */
export const SERVICES_WITH_VIEWS: readonly ServiceName[] = [
  'accounts',
  'catalog',
  'provisioning',
  'deployment',
  'portability',
  'audit',
];

export interface BootOptions {
  /** Schemas of the others in this Node process. */
  readonly known?: readonly ConfigurationSchema[];
  readonly following: FollowingOfProcess;
}

/** A service that can be started from an environment. */
export interface Bootable {
  readonly name: ServiceName;
  readonly schema: ConfigurationSchema;
  boot(environment: Environment, options: BootOptions): Promise<RunningService>;
}

interface Definition {
  readonly name: ServiceName;
  readonly module: Type<unknown> | DynamicModule;
  readonly configSchema: ConfigurationSchema;
}

/** Programs are loaded when they are asked for: the command line needs none of them. */
const LOADERS: Readonly<Record<ServiceName, () => Promise<Bootable>>> = {
  accounts: async () => bootable((await import('@freehold/accounts')).accountsService),
  catalog: async () => bootable((await import('@freehold/catalog')).catalogService),
  provisioning: async () => bootable((await import('@freehold/provisioning')).provisioningService),
  deployment: async () => bootable((await import('@freehold/deployment')).deploymentService),
  portability: async () => bootable((await import('@freehold/portability')).portabilityService),
  agent: async () => {
    const { agentConfig: schema, agentService } = await import('@freehold/agent');
    return {
      name: 'agent',
      schema,
      boot: (environment, { known, following }) => {
        const config = configuration(schema, environment, known);
        return bootService({ ...agentService, config, signer: agentService.signer(config), following });
      },
    };
  },
  audit: async () => bootable((await import('@freehold/audit')).auditService),
  gateway: async () => {
    const { gatewayConfiguration: schema, startGateway } = await import('@freehold/gateway');
    return {
      name: 'gateway',
      schema,
      boot: (environment, { known }) => startGateway(configuration(schema, environment, known)),
    };
  },
};

export const loadServices = (names: readonly ServiceName[]): Promise<Bootable[]> =>
  Promise.all(names.map((name) => LOADERS[name]()));

function bootable({ name, module, configSchema }: Definition): Bootable {
  return {
    name,
    schema: configSchema,
    boot: (environment, { known, following }) => {
      const config = configuration(configSchema, environment, known) as PlatformConfiguration;
      return bootService({ name, module, config, following });
    },
  };
}
