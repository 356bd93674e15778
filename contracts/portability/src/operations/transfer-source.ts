import { Id, Instant, operation } from '@freehold/kernel';
import { z } from 'zod';

/** An agent that fetches for a move asks where from; again when the token has expired. Encrypted to its host's key (age). */
export const transferSource = operation({
  id: 'portability.transfer-source',
  kind: 'query',
  summary: 'Where an agent fetches a move from, encrypted to its host.',
  permission: 'host:act',
  scope: 'host',
  params: z.object({ host: z.string() }),
  body: z.object({ operator: Id, move: Id, deployment: Id }),
  reply: z.object({ sealed: z.string() }),
  refusals: ['move-unknown', 'arrival-abandoned', 'departure-abandoned', 'departure-ended'],
  since: '0.2.0',
});

/** What is inside `sealed`. `url` is the move's at the source's transfer listener, `…/v1/transfer/<move>`, without a final slash. */
export const TransferSource = z.object({
  url: z.url({ protocol: /^https?$/ }),
  token: z.string().max(4096),
  expires: Instant,
});
export type TransferSource = z.infer<typeof TransferSource>;

/** What an agent that fetches for an arrival is told: also by which log the history in the bag is proven. */
export const ArrivalSource = TransferSource.extend({
  /**
   * Of the source: the verifier key that its description has (c2sp.org/signed-note), those that sign beside it or did, and
   * the origin that they must be of.
   */
  log: z
    .object({
      origin: z.string(),
      key: z.string().max(1_000),
      also: z.array(z.string().max(1_000)).max(50).default([]),
      former: z.array(z.string().max(1_000)).max(50).default([]),
    })
    .nullable()
    .default(null),
});
export type ArrivalSource = z.infer<typeof ArrivalSource>;
