import type { View } from '@freehold/projection';
import { credentialView } from './credential/views/credential.view.js';
import { operatorView } from './operator/views/operator.view.js';
import { subscriptionView } from './subscription/views/subscription.view.js';

/** The read models of this context. A process that only builds them loads this module, and nothing else of the service. */
export const views: readonly View[] = [operatorView, credentialView, subscriptionView];
