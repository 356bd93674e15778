import { z } from 'zod';
import {
  differenceOf,
  HistoryEntry,
  Moment,
  Moments,
  type Operation,
  type OperationContext,
  Page,
  listOf,
  operation,
  representationOf,
} from './operation.js';
import { Position } from './ids.js';
import type { Permission } from './permission.js';

interface ResourceContract<
  ListParams extends z.ZodType,
  ItemParams extends z.ZodType,
  Recorded extends z.ZodType,
  Observed extends z.ZodType,
> {
  context: OperationContext;
  /** Singular kebab-case noun; the operations are `<context>.<name>`, `.<name>-list`, `.<name>-history` and `.<name>-changes`. */
  name: string;
  /** What a person reads: "an operator". */
  title: string;
  collection: { path: `/v1/${string}`; params: ListParams; scope: Operation['scope']; permission: Permission };
  item: { path: `/v1/${string}`; params: ItemParams; scope: Operation['scope']; permission: Permission };
  history: Permission;
  recorded: Recorded;
  observed: Observed;
}

/**
 * The four queries that every resource has: one, the list, its history, and its changes between two moments; the first
 * two also at a past moment.
 */
export const resource = <L extends z.ZodType, I extends z.ZodType, R extends z.ZodType, O extends z.ZodType>(
  contract: ResourceContract<L, I, R, O>,
) => {
  const representation = representationOf(contract.recorded, contract.observed);
  return {
    get: operation({
      id: `${contract.context}.${contract.name}`,
      kind: 'query',
      http: { method: 'GET', path: contract.item.path },
      summary: `Shows ${contract.title}, now or at a past moment.`,
      permission: contract.item.permission,
      scope: contract.item.scope,
      params: contract.item.params,
      body: Moment,
      reply: representation,
      refusals: [],
      since: '0.1.0',
    }),
    list: operation({
      id: `${contract.context}.${contract.name}-list`,
      kind: 'query',
      http: { method: 'GET', path: contract.collection.path },
      summary: `Lists what there is of this kind, ${contract.title} a row, now or at a past moment.`,
      permission: contract.collection.permission,
      scope: contract.collection.scope,
      params: contract.collection.params,
      body: Moment.extend(Page.shape),
      reply: listOf(representation),
      refusals: [],
      since: '0.1.0',
    }),
    history: operation({
      id: `${contract.context}.${contract.name}-history`,
      kind: 'query',
      http: { method: 'GET', path: `${contract.item.path}/history` },
      summary: `What happened to ${contract.title}, newest first.`,
      permission: contract.history,
      scope: contract.item.scope,
      params: contract.item.params,
      body: z.object({ before: Position.optional(), limit: Page.shape.limit }),
      reply: z.object({ items: z.array(HistoryEntry), next: Position.nullable() }),
      refusals: [],
      since: '0.1.0',
    }),
    changes: changesOf(contract),
  };
};

const changesOf = <I extends z.ZodType, R extends z.ZodType>(contract: ResourceContract<z.ZodType, I, R, z.ZodType>) =>
  operation({
    id: `${contract.context}.${contract.name}-changes`,
    kind: 'query',
    http: { method: 'GET', path: `${contract.item.path}/changes` },
    summary: `What is recorded otherwise of ${contract.title} at two moments, and the commits that made it so.`,
    permission: contract.history,
    scope: contract.item.scope,
    params: contract.item.params,
    body: Moments,
    reply: differenceOf(contract.recorded),
    refusals: ['moments-reversed'],
    since: '0.3.0',
  });
