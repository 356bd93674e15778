import type { View } from '@freehold/projection';
import { PROCESS_TABLES } from './processes/process-tables.js';
import { arrivalView } from './arrival/views/arrival.view.js';
import { departureView } from './departure/views/departure.view.js';
import { exportView } from './export/views/export.view.js';
import { processView } from '@freehold/platform/process-view';

export const processesView = processView('portability', PROCESS_TABLES);

/** The read models of this context. A process that only builds them loads this module, and nothing else of the service. */
export const views: readonly View[] = [departureView, arrivalView, exportView, processesView.view];
