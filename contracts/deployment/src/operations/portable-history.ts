import { Id, operation, Position } from '@freehold/kernel';
import { z } from 'zod';

/** Where a page goes on; `size` of the tree that the first page's checkpoint signs, null: there was none. */
const Further = z.object({ from: Position, size: z.int().positive().nullable() });

/** An agent asks for the history that goes into a bag it makes, newest first, page by page; encrypted to its host's key. */
export const portableHistory = operation({
  id: 'deployment.portable-history',
  kind: 'query',
  summary: 'What happened to a deployment, as the log has it, with its proofs; encrypted to the host.',
  permission: 'host:act',
  scope: 'host',
  params: z.object({ host: z.string() }),
  body: z.object({
    operator: Id,
    deployment: Id,
    /** An earlier answer's `next`. */
    after: Further.nullable().default(null),
  }),
  reply: z.object({ sealed: z.string() }),
  refusals: ['size-not-signed'],
  since: '0.3.0',
});

/** What is inside `sealed`. */
export const PortableHistory = z.object({
  /** Lines of data/history.jsonl, without their ends, newest first. */
  lines: z.array(z.string()),
  /** RFC 9162 inclusion proofs of these lines' commits, in their order, without those that the checkpoint does not cover. */
  proofs: z.array(z.object({ position: Position, index: z.int().nonnegative(), proof: z.array(z.base64()) })),
  /** Of the first page: the signed checkpoint that all proofs lead to. Null: nothing is proven in this bag. */
  checkpoint: z.string().nullable(),
  /** There is more, older: asked for with this as `after`. */
  next: Further.nullable(),
});
export type PortableHistory = z.infer<typeof PortableHistory>;
