import type { OperationContext } from '@freehold/kernel';
import { type AggregateStore, createAggregateStore, createAppender, jetStreamLog, type Log } from '@freehold/log';
import { type BuildEdition, PostgresStates, type View } from '@freehold/projection';
import { kvStore, openVault, type Vault } from '@freehold/vault';
import {
  type DynamicModule,
  Global,
  Inject,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import { log as logger } from '../logging/logging.js';
import { OperationClient } from '../operations/operation.client.js';
import { ResourceQueries } from '../resources/resource-queries.js';
import { HealthRegistry } from '../service/health.js';
import { type NatsConnectionOptions, natsOf } from '../service/nats-options.js';
import { ReadingConnection } from '../service/reading-connection.js';
import {
  COMMAND_DIGEST,
  CONFIGURATION,
  FOLLOWING,
  type FollowingOfProcess,
  LOG,
  NATS_CONNECTION,
} from '../service/service.module.js';
import { type ContextConfiguration, databaseOf } from './context-configuration.js';
import { BuildProcess } from './building/build-process.js';
import { Views } from './views.js';
import { viewsOperations } from './views.operations.js';

/** Injection tokens of what a context stands on, beside those of the platform. */
export const AGGREGATES = Symbol('the aggregate store');
export const VAULT = Symbol('the vault');

/**
 * What every context stands on: the log, its aggregates, the vault, and the read models of `views`.
 * Injectable: LOG, AGGREGATES, VAULT, COMMAND_DIGEST, Views, ResourceQueries.
 */
@Global()
@Module({})
export class ContextModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(PostgresStates) private readonly states: PostgresStates,
    @Inject(HealthRegistry) private readonly health: HealthRegistry,
    @Inject(FOLLOWING) private readonly following: FollowingOfProcess,
  ) {}

  /** @param context.module the address of a module that exports the same `views`, and little else. */
  static with(context: { name: OperationContext; views: readonly View[]; module: string }): DynamicModule {
    const { name, views, module } = context;
    const providers: Provider[] = [
      {
        provide: LOG,
        inject: [NATS_CONNECTION, ReadingConnection, FOLLOWING],
        useFactory: (connection: NatsConnection, reading: ReadingConnection, { together }: FollowingOfProcess) =>
          together(jetStreamLog({ connection, reads: reading.get })),
      },
      { provide: PostgresStates, inject: [LOG, CONFIGURATION], useFactory: statesOf },
      { provide: AGGREGATES, inject: [LOG, PostgresStates], useFactory: aggregatesOf },
      { provide: VAULT, inject: [NATS_CONNECTION, CONFIGURATION], useFactory: vaultOf },
      {
        provide: COMMAND_DIGEST,
        inject: [VAULT],
        useFactory: (vault: Vault) => (text: string) => vault.digest('command', text),
      },
      {
        provide: Views,
        inject: [LOG, CONFIGURATION],
        useFactory: (log: Log, config: ContextConfiguration) =>
          Views.open({ name, log, config, views, buildEdition: buildsElsewhere(module, natsOf(name, config)) }),
      },
      {
        provide: ResourceQueries,
        inject: [Views, LOG, AGGREGATES, VAULT, OperationClient],
        useFactory: (
          ...[models, log, aggregates, vault, client]: [Views, Log, AggregateStore, Vault, OperationClient]
        ) => new ResourceQueries({ views: models, log, aggregates, vault, client }),
      },
    ];
    return { module: ContextModule, controllers: [viewsOperations(name)], providers, exports: providers };
  }

  onModuleInit(): void {
    void this.following.mayFollow.then(() => this.views.start());
    this.health.add('views', () => this.views.health());
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.views.stop(), this.states.stop()]);
  }
}

/** What builds the read models of all contexts in this Node process. */
const builds = new BuildProcess(new URL('./building/build-views.program.js', import.meta.url));

/** Undefined when this runs from source, which such a process cannot load. */
const buildsElsewhere = (module: string, nats: NatsConnectionOptions): BuildEdition | undefined =>
  import.meta.url.endsWith('.ts') ? undefined : builds.of({ module, nats });

const statesOf = async (log: Log, config: ContextConfiguration): Promise<PostgresStates> =>
  new PostgresStates({ log, connection: await databaseOf(config), logger: logger() });

const aggregatesOf = (log: Log, states: PostgresStates): AggregateStore =>
  createAggregateStore({ log, appender: createAppender({ log }), clock: () => new Date(), states });

const vaultOf = async (connection: NatsConnection, { masterKeyFile }: ContextConfiguration): Promise<Vault> =>
  openVault({ store: await kvStore(connection), masterKeyFile });
