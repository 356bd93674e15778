import { packageStore } from '@freehold/application-package';
import { ContextModule, NATS_CONNECTION } from '@freehold/platform';
import { Module } from '@nestjs/common';
import { ApplicationOperations } from './application/application.operations.js';
import { OfferingOperations } from './offering/offering.operations.js';
import { PACKAGES } from './packages.js';
import { views } from './views.js';

/**
 * catalog: what can be run. Applications with their releases, whose packages lie in the object store by digest, and
 * what the provider sells of them.
 */
@Module({
  imports: [ContextModule.with({ name: 'catalog', views, module: new URL('./views.js', import.meta.url).href })],
  controllers: [ApplicationOperations, OfferingOperations],
  providers: [{ provide: PACKAGES, inject: [NATS_CONNECTION], useFactory: packageStore }],
})
export class CatalogModule {}
