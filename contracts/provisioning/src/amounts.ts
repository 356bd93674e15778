import { z } from 'zod';

/** What a resource takes of a host: bytes, and thousandths of a processor. */
export const Amounts = z.object({
  memoryBytes: z.int().nonnegative(),
  cpuMillis: z.int().nonnegative(),
  diskBytes: z.int().nonnegative(),
});
export type Amounts = z.infer<typeof Amounts>;
