import { packageStore, type PackageStore } from '@freehold/application-package';
import {
  continueWork,
  followProcess,
  processes,
  retryWork,
  undoWork,
  unfinishedWork,
  workList,
} from '@freehold/deployment-contract';
import {
  type Activities,
  ACTIVITIES,
  ContextModule,
  NATS_CONNECTION,
  Observations,
  OperationClient,
  processService,
  VAULT,
} from '@freehold/platform';
import { UnitObservation } from '@freehold/provisioning-contract';
import type { Vault } from '@freehold/vault';
import { Module } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import { OrderBorder } from './deployment/border/order.border.js';
import { DeploymentLogsOperations } from './deployment/deployment-logs.operations.js';
import { DeploymentOperations } from './deployment/deployment.operations.js';
import { DeploymentQueries } from './deployment/deployment.queries.js';
import { OrderOperations } from './deployment/order.operations.js';
import { SecretsOperations } from './deployment/secrets.operations.js';
import { StepOperations } from './deployment/steps.operations.js';
import { DeploymentResource } from './deployment/views/deployment.resource.js';
import { MovingOperations } from './moving/moving.operations.js';
import { PortableDocumentsOperations } from './moving/portable-documents.operations.js';
import { PortableHistoryOperations } from './moving/portable-history.operations.js';
import { ReceiveDocumentsOperations } from './moving/receive-documents.operations.js';
import { PACKAGES } from './packages.js';
import { PROCESS_TABLES } from './processes/process-tables.js';
import { DeploymentDesiredReconciler } from './reconcilers/deployment-desired.reconciler.js';
import { TenureOperations } from './tenure/tenure.operations.js';
import { processesView, views } from './views.js';

const work = processService(
  'deployment',
  { processes, followProcess, workList, unfinishedWork, retryWork, continueWork, undoWork },
  PROCESS_TABLES,
  processesView,
);

/**
 * deployment: what runs. Deployments with their tenure, the processes that order and retire them, and the reconciler
 * that turns their state into what is desired of their environments.
 */
@Module({
  imports: [ContextModule.with({ name: 'deployment', views, module: new URL('./views.js', import.meta.url).href })],
  controllers: [
    OrderOperations,
    DeploymentOperations,
    DeploymentQueries,
    DeploymentLogsOperations,
    StepOperations,
    SecretsOperations,
    TenureOperations,
    MovingOperations,
    PortableDocumentsOperations,
    PortableHistoryOperations,
    ReceiveDocumentsOperations,
    ...work.controllers,
    DeploymentDesiredReconciler,
  ],
  providers: [
    { provide: PACKAGES, inject: [NATS_CONNECTION], useFactory: packageStore },
    ...work.providers,
    {
      provide: Observations,
      inject: [NATS_CONNECTION],
      useFactory: (nats: NatsConnection) => new Observations(nats, UnitObservation),
    },
    {
      provide: ACTIVITIES,
      inject: [Observations],
      useFactory:
        (seen: Observations<UnitObservation>): Activities =>
        async (environment) =>
          (await seen.of(environment))?.activity ?? null,
    },
    {
      provide: OrderBorder,
      inject: [OperationClient, VAULT, PACKAGES],
      useFactory: (client: OperationClient, vault: Vault, packages: PackageStore) =>
        new OrderBorder({ client, vault, packages }),
    },
    DeploymentResource,
  ],
})
export class DeploymentModule {}
