import { z } from 'zod';

/**
 * What is declared for one value of a setting only: `when: { setting: database, is: postgres }`.
 *
 * A name may be declared several times, if no value of the setting makes two of them true at once.
 */
export const Condition = z
  .strictObject({ setting: z.string().min(1), is: z.union([z.string(), z.boolean()]) })
  .describe('it is there only if this setting has this value');
export type Condition = z.infer<typeof Condition>;
