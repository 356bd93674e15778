import { contextFields } from '@freehold/platform';
import { z } from 'zod';

export const accountsConfig = z.object({
  ...contextFields,
  erasuresFile: z
    .string()
    .optional()
    .describe(
      'file with the ids of erased keys, one a line; a copy lies beside each backup, and a restored cell needs it',
    ),
});
export type AccountsConfig = z.infer<typeof accountsConfig>;
