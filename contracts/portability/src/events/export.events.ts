import { event, eventCatalogue, type EventsOf, Id, Instant } from '@freehold/kernel';
import { z } from 'zod';

/** An operator takes a copy home. `recipient` is the age key of who may open its secrets; host and environment are where it lies. */
export const exportRequested = event(
  'portability.export-requested.v1',
  z.object({ deployment: Id, lineage: Id, environment: Id, host: z.string(), recipient: z.string() }),
);
/** The whole bag lies ready, and is erased at `until`. The application runs again. */
export const exportReady = event(
  'portability.export-ready.v1',
  z.object({
    tagManifestSha256: z.string(),
    payloadBytes: z.int().nonnegative(),
    payloadFiles: z.int().nonnegative(),
    until: Instant,
  }),
);
/** Its time was over: nothing of the bag is left at the provider. */
export const exportErased = event('portability.export-erased.v1', z.object({ at: Instant }));
/** It came to nothing, or was erased before its time; a mark as well, for what comes late. */
export const exportUndone = event('portability.export-undone.v1', z.object({}));

export const exportEvents = [exportRequested, exportReady, exportErased, exportUndone] as const;
export type ExportEvent = EventsOf<typeof exportEvents>;
export const exportCatalogue = eventCatalogue({ context: 'portability', aggregate: 'export', events: exportEvents });
