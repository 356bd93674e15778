import { ContextModule, NATS_CONNECTION, Observations } from '@freehold/platform';
import { UnitObservation } from '@freehold/provisioning-contract';
import { Module } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import { EnvironmentConfigurationOperations } from './environment/environment-configuration.operations.js';
import { EnvironmentOperations } from './environment/environment.operations.js';
import { HostAddressOperations } from './host/host-address.operations.js';
import { HostOperations } from './host/host.operations.js';
import { NameOperations } from './name/name.operations.js';
import { DeployedNames } from './reconcilers/deployed-names.js';
import { DesiredStateReconciler } from './reconcilers/desired-state.reconciler.js';
import { DesiredStates } from './reconcilers/desired-states.js';
import { ZoneRecords } from './reconcilers/zone-records.js';
import { ZoneReconciler } from './reconcilers/zone.reconciler.js';
import { views } from './views.js';

/**
 * provisioning: on what. Hosts with their capacity, environments with their desired state, names and their zone.
 */
@Module({
  imports: [ContextModule.with({ name: 'provisioning', views, module: new URL('./views.js', import.meta.url).href })],
  controllers: [
    HostOperations,
    HostAddressOperations,
    NameOperations,
    EnvironmentOperations,
    EnvironmentConfigurationOperations,
    DesiredStateReconciler,
    ZoneReconciler,
  ],
  providers: [
    {
      provide: Observations,
      inject: [NATS_CONNECTION],
      useFactory: (nats: NatsConnection) => new Observations(nats, UnitObservation),
    },
    {
      provide: DesiredStates,
      inject: [NATS_CONNECTION],
      useFactory: (nats: NatsConnection) => new DesiredStates(nats),
    },
    DeployedNames,
    { provide: ZoneRecords, inject: [NATS_CONNECTION], useFactory: (nats: NatsConnection) => new ZoneRecords(nats) },
  ],
})
export class ProvisioningModule {}
