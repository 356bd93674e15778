import { CellParams, Enciphered, Id, operation, OperatorParams, resource } from '@freehold/kernel';
import { z } from 'zod';
import { ProviderAddress, WayToProvider } from '../providers.js';

export const names = resource({
  context: 'provisioning',
  name: 'name',
  title: 'a domain name',
  collection: {
    path: '/v1/operators/{operator}/names',
    params: OperatorParams,
    scope: 'operator',
    permission: 'deployment:read',
  },
  item: {
    path: '/v1/operators/{operator}/names/{name}',
    params: OperatorParams.extend({ name: z.string().max(60) }),
    scope: 'operator',
    permission: 'deployment:read',
  },
  history: 'history:read',
  recorded: z.object({
    id: z.string(),
    operator: Id.nullable(),
    deployment: Id.nullable(),
    environment: Id.nullable(),
    purpose: z.string(),
    name: z.string(),
    status: z.enum(['claimed', 'attached', 'delegated-away', 'free']),
    /** The provider under whose zone the name is; null: this one. */
    via: z.string().nullable(),
    /** Where the name leads since its deployment left; null: nowhere else. */
    delegatedTo: WayToProvider.nullable(),
  }),
  observed: z.null(),
});

const command = {
  kind: 'command',
  permission: 'process:act',
  scope: 'operator',
  params: OperatorParams,
  since: '0.1.0',
} as const;
/** The name itself stays enciphered; `name` is its id: base32 of the keyed digest, the last token of its subject. */
export const NameId = z.string().regex(/^[a-z2-7]{52}$/, 'the id of a name');
/** More than any package wants. */
export const MOST_NAMES = 20;
const Owned = z.strictObject({ deployment: Id });
const Held = Owned.extend({ names: z.array(NameId).min(1).max(MOST_NAMES) });

/*
 * Each name is an aggregate of its own. A command to several is decided by each of them, in turn; what one refuses is
 * refused as a whole, and whatever the others have accepted is taken back by the undo, for all of them. A repeat finds
 * what was done, and goes on from there.
 */

/**
 * Step of an order. Provisioning opens the names to check that they are names, below the zone, and what their ids say. A
 * name of another provider's zone that arrives with a move says whose it is: it is in no zone of ours. Findings point to
 * where a name stands in an order: `/name` is the first, `/names/<purpose>` each other one.
 */
export const claimNames = operation({
  ...command,
  id: 'provisioning.claim-names',
  summary: 'Claims names under the provider’s zone for a deployment; the first claim of a name wins.',
  body: Owned.extend({
    names: z
      .array(
        z.strictObject({
          name: NameId,
          purpose: z.string(),
          enciphered: Enciphered,
          via: ProviderAddress.nullable().optional(),
        }),
      )
      .min(1)
      .max(MOST_NAMES),
  }),
  reply: z.object({}),
  checkable: true,
  refusals: ['name-invalid', 'name-outside-zone', 'name-inside-zone', 'name-taken', 'claim-already-given-up'],
});
export const giveUpNames = operation({
  ...command,
  id: 'provisioning.give-up-names',
  summary: 'Lets names of a deployment go.',
  body: Held,
  reply: z.object({}),
  refusals: [],
});
export const attachNames = operation({
  ...command,
  id: 'provisioning.attach-names',
  summary: 'Leads names to an environment.',
  body: Held.extend({ environment: Id }),
  reply: z.object({}),
  refusals: ['name-not-claimed'],
});
/** Step of a departure, once the tenure has passed. The names stay taken here for ever and lead to who runs the lineage. */
export const delegateNames = operation({
  ...command,
  id: 'provisioning.delegate-names',
  summary: 'Leads names of a deployment that left to the provider that runs it now.',
  body: Held.extend(WayToProvider.shape),
  reply: z.object({}),
  refusals: ['name-not-claimed', 'name-of-another-zone', 'delegation-already-undone'],
});
/** Undo of `provisioning.delegate-names`, also before it. */
export const undoNameDelegation = operation({
  ...command,
  id: 'provisioning.undo-name-delegation',
  summary: 'Takes back that names were led to another provider.',
  body: Held,
  reply: z.object({}),
  refusals: [],
});
/** Step of coming back: `deployment` is the new one of the lineage. Without `environment` a name leads where it led. */
export const reclaimNames = operation({
  ...command,
  id: 'provisioning.reclaim-names',
  summary: 'Gives names that led to another provider to the deployment that came back.',
  body: Held.extend({ environment: Id.optional() }),
  reply: z.object({}),
  checkable: true,
  refusals: ['name-not-delegated'],
});
/** In whose zone a name of a deployment is, for whoever moves it on. */
export const nameHome = operation({
  ...command,
  id: 'provisioning.name-home',
  kind: 'query',
  summary: 'Says in which provider’s zone a name of a deployment is.',
  body: Owned.extend({ name: NameId }),
  reply: z.object({ via: ProviderAddress.nullable().describe('null: in ours') }),
  refusals: ['name-not-claimed'],
});
/**
 * The caller has proven (by signature) that it is the provider `by` who says this. Whose name it is, that provider does
 * not know: so this is asked of the cell.
 */
export const redirectName = operation({
  ...command,
  scope: 'cell',
  params: CellParams,
  id: 'provisioning.redirect-name',
  summary: 'Leads a delegated name to where its holder moved on.',
  body: z.strictObject({ name: NameId, by: ProviderAddress, ...WayToProvider.shape }),
  reply: z.object({}),
  refusals: ['name-not-delegated', 'name-held-by-another'],
});
