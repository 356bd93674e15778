import { packageStore } from '@freehold/application-package';
import { ContextModule, NATS_CONNECTION } from '@freehold/platform';
import { Module } from '@nestjs/common';
import { ApplicationOperations } from './application/application.operations.js';
import { applicationView } from './application/views/application.view.js';
import { OfferingOperations } from './offering/offering.operations.js';
import { offeringView } from './offering/views/offering.view.js';
import { PACKAGES } from './packages.js';

/**
 * catalog: what can be run. Applications with their releases, whose packages lie in the object store by digest, and
 * what the provider sells of them.
 */
@Module({
  imports: [ContextModule.with({ name: 'catalog', views: [applicationView, offeringView] })],
  controllers: [ApplicationOperations, OfferingOperations],
  providers: [{ provide: PACKAGES, inject: [NATS_CONNECTION], useFactory: packageStore }],
})
export class CatalogModule {}
