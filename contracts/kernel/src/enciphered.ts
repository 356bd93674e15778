import { z } from 'zod';

/**
 * A personal datum as it stands in a commit: AES-256-GCM under the key `$enciphered` of the vault.
 * When that key is erased the value shows as `erased`. `digest` is a keyed digest for equality and look-up.
 */
export const Enciphered = z.object({
  $enciphered: z.string(),
  iv: z.string(),
  data: z.string(),
  digest: z.string().optional(),
});
export type Enciphered = z.infer<typeof Enciphered>;

/** What a query shows in place of a value whose key is gone. */
export const ERASED = 'erased';

export const isEnciphered = (value: unknown): value is Enciphered => Enciphered.safeParse(value).success;
