import { z } from 'zod';

/**
 * A personal datum as it stands in a commit: AES-256-GCM under the key `$enciphered` of the vault.
 * When that key is erased the value shows as `erased`. `digest` is a keyed digest for equality and look-up.
 * `place` is `<operator>/<field>`, such as `5f0c…/operator.name`: it is authenticated together with key and digest, and
 * stays the same on the way from command to event to read model, so that a value copied to another operator or field is refused.
 */
export const Enciphered = z.object({
  $enciphered: z.string(),
  place: z.string(),
  iv: z.string(),
  data: z.string(),
  digest: z.string().optional(),
});
export type Enciphered = z.infer<typeof Enciphered>;

/** What a query shows in place of a value whose key is gone. */
export const ERASED = 'erased';

export const isEnciphered = (value: unknown): value is Enciphered => Enciphered.safeParse(value).success;

/** A value that was opened, as text: what it says, or `erased`. Throws for anything that is no text. */
export const openedText = (value: unknown): string => z.string().parse(value);
