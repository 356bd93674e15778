import { Id, operation } from '@freehold/kernel';
import { z } from 'zod';

/** An agent asks for the documents of a bag it makes; the answer is encrypted to its host's key (age). */
export const portableDocuments = operation({
  id: 'deployment.portable-documents',
  kind: 'query',
  summary: 'The documents of a bag, encrypted to the host.',
  permission: 'host:act',
  scope: 'host',
  params: z.object({ host: z.string() }),
  body: z.object({
    operator: Id,
    deployment: Id,
    move: Id,
    /** age public key of who may open the secrets. */
    recipient: z.string().startsWith('age1'),
  }),
  reply: z.object({ sealed: z.string() }),
  refusals: ['deployment-unknown', 'move-unknown', 'secrets-missing'],
  since: '0.2.0',
});

/** What is inside `sealed`. */
export const PortableDocuments = z.object({
  /** data/deployment.json */
  deployment: z.json(),
  /** data/identity.json */
  identity: z.json(),
  /** data/secrets.age: armored, encrypted to the recipient. */
  secrets: z.string(),
});
export type PortableDocuments = z.infer<typeof PortableDocuments>;
