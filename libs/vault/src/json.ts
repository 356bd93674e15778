import type { z } from 'zod';

/** What a vault's value may be. */
export type Json = z.infer<z.ZodJSONSchema>;
