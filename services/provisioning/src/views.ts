import type { View } from '@freehold/projection';
import { environmentView } from './environment/views/environment.view.js';
import { hostView } from './host/views/host.view.js';
import { nameView } from './name/views/name.view.js';

/** The read models of this context. A process that only builds them loads this module, and nothing else of the service. */
export const views: readonly View[] = [hostView, environmentView, nameView];
