import { Id } from '@freehold/kernel';
import { z } from 'zod';

/** The body of a request over NATS. Who asks, how long and in which trace are headers. */
export const RequestMessage = z.object({
  params: z.json(),
  body: z.json(),
  commandId: Id,
  correlation: Id,
  cause: z.string().nullable(),
  ifMatch: z.int().nonnegative().nullable(),
});
export type RequestMessage = z.infer<typeof RequestMessage>;

export const PRINCIPAL_HEADER = 'Freehold-Principal';
/** How long the caller still waits, in milliseconds: relative, so that clocks need not agree. */
export const TIMEOUT_HEADER = 'Freehold-Timeout-Ms';
export const TRACE_HEADER = 'traceparent';

export const DEFAULT_TIMEOUT_MS = 15_000;
export const MAX_TIMEOUT_MS = 120_000;
