import type { View } from '@freehold/projection';
import { applicationView } from './application/views/application.view.js';
import { offeringView } from './offering/views/offering.view.js';

/** The read models of this context. A process that only builds them loads this module, and nothing else of the service. */
export const views: readonly View[] = [applicationView, offeringView];
