import { packageStore, type PackageStore } from '@freehold/application-package';
import {
  type Activities,
  ACTIVITIES,
  CONFIGURATION,
  ContextModule,
  NATS_CONNECTION,
  Observations,
  OperationClient,
  processService,
  VAULT,
} from '@freehold/platform';
import {
  continueMove,
  followMove,
  moveProcesses,
  moveWork,
  retryMove,
  undoMove,
  unfinishedMoveWork,
} from '@freehold/portability-contract';
import { UnitObservation } from '@freehold/provisioning-contract';
import type { Vault } from '@freehold/vault';
import { Module } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import { ArrivalProgress } from './arrival/arrival-progress.js';
import { ArrivalStepOperations } from './arrival/arrival-steps.operations.js';
import { ArrivalQueries } from './arrival/arrival.queries.js';
import { ArrivalOperations } from './arrival/arrival.operations.js';
import { Arrivals } from './arrival/arrivals.js';
import { ArrivalBorder } from './arrival/border/arrival.border.js';
import { Source } from './arrival/source.js';
import { TransferSourceOperations } from './arrival/transfer-source.operations.js';
import { ArrivalResource } from './arrival/views/arrival.resource.js';
import { ArrivalErrands } from './courier/arrival-errands.js';
import { Courier } from './courier/courier.js';
import { DepartureErrands } from './courier/departure-errands.js';
import { CaptureProgress } from './departure/capture-progress.js';
import { Deadlines } from './departure/deadlines.js';
import { DepartProcesses } from './departure/depart-processes.js';
import { DeparturePeerOperations } from './departure/departure-peer.operations.js';
import { DepartureStepOperations } from './departure/departure-steps.operations.js';
import { DepartureQueries } from './departure/departure.queries.js';
import { DepartureOperations } from './departure/departure.operations.js';
import { Departures } from './departure/departures.js';
import { Offers } from './departure/offers.js';
import { TransferAccessOperations } from './departure/transfer-access.operations.js';
import { DepartureResource } from './departure/views/departure.resource.js';
import { NameHomes } from './home/name-homes.js';
import { RedirectHomeOperations } from './home/redirect-home.operations.js';
import { ExportStepOperations } from './export/export-steps.operations.js';
import { ExportTransferOperations } from './export/export-transfer.operations.js';
import { ExportOperations } from './export/export.operations.js';
import { ExportQueries } from './export/export.queries.js';
import { Exports } from './export/exports.js';
import { ExportResource } from './export/views/export.resource.js';
import type { PortabilityConfig } from './portability.config.js';
import { PROCESS_TABLES } from './processes/process-tables.js';
import { Provider } from './provider/provider.js';
import { ProviderOperations } from './provider/provider.operations.js';
import { processesView, views } from './views.js';

const PACKAGES = Symbol('the package store');
const work = processService(
  'portability',
  {
    ...{ processes: moveProcesses, followProcess: followMove, workList: moveWork, unfinishedWork: unfinishedMoveWork },
    ...{ retryWork: retryMove, continueWork: continueMove, undoWork: undoMove },
  },
  PROCESS_TABLES,
  processesView,
);

/**
 * portability: how it leaves. Departures and arrivals with their processes, the protocol between providers, and the
 * courier that speaks to the other side. It decides nothing about a deployment: it asks, and records the answer.
 */
@Module({
  imports: [ContextModule.with({ name: 'portability', views, module: new URL('./views.js', import.meta.url).href })],
  controllers: [
    ProviderOperations,
    DepartureOperations,
    DepartureQueries,
    DeparturePeerOperations,
    DepartureStepOperations,
    TransferAccessOperations,
    ArrivalOperations,
    ArrivalQueries,
    ArrivalStepOperations,
    TransferSourceOperations,
    RedirectHomeOperations,
    ExportOperations,
    ExportQueries,
    ExportStepOperations,
    ExportTransferOperations,
    ...work.controllers,
  ],
  providers: [
    ...work.providers,
    { provide: PACKAGES, inject: [NATS_CONNECTION], useFactory: packageStore },
    { provide: Provider, inject: [CONFIGURATION], useFactory: (config: PortabilityConfig) => Provider.open(config) },
    { provide: Source, inject: [Provider], useFactory: (provider: Provider) => new Source(provider) },
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
      provide: ArrivalBorder,
      inject: [OperationClient, VAULT, PACKAGES, Source, Provider],
      useFactory: (
        ...[client, vault, packages, source, { origin }]: [OperationClient, Vault, PackageStore, Source, Provider]
      ) => new ArrivalBorder({ client, vault, packages, source, origin }),
    },
    Departures,
    DepartProcesses,
    DepartureResource,
    CaptureProgress,
    Deadlines,
    Arrivals,
    ArrivalResource,
    ArrivalProgress,
    NameHomes,
    Offers,
    Exports,
    ExportResource,
    ArrivalErrands,
    DepartureErrands,
    Courier,
  ],
})
export class PortabilityModule {}
