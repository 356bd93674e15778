import type { View } from '@freehold/projection';
import { PROCESS_TABLES } from './processes/process-tables.js';
import { deploymentView } from './deployment/views/deployment.view.js';
import { hostRouterView } from './deployment/views/host-router.view.js';
import { processView } from '@freehold/platform/process-view';

export const processesView = processView('deployment', PROCESS_TABLES);

/** The read models of this context. A process that only builds them loads this module, and nothing else of the service. */
export const views: readonly View[] = [deploymentView, hostRouterView, processesView.view];
