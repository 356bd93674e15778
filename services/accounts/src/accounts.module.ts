import { ContextModule } from '@freehold/platform';
import { Module } from '@nestjs/common';
import { CredentialOperations } from './credential/credential.operations.js';
import { ErasureReconciler } from './operator/erasure.reconciler.js';
import { OperatorOperations } from './operator/operator.operations.js';
import { UnfinishedWork } from './operator/unfinished-work.js';
import { SubscriptionOperations } from './subscription/subscription.operations.js';
import { views } from './views.js';

/**
 * accounts: who may do what. Operators, their subscriptions with the places that orders take, and keys.
 */
@Module({
  imports: [ContextModule.with({ name: 'accounts', views, module: new URL('./views.js', import.meta.url).href })],
  controllers: [OperatorOperations, CredentialOperations, SubscriptionOperations, ErasureReconciler],
  providers: [UnfinishedWork],
})
export class AccountsModule {}
