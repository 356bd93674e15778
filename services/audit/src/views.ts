import { commitIndexView, type View } from '@freehold/projection';
import { watchedAggregateView } from './meaning/watched-aggregate.projection.js';

/** The read models of this context. A process that only builds them loads this module, and nothing else of the service. */
export const views: readonly View[] = [commitIndexView, watchedAggregateView];
