import { Changed, Id, Instant, operation, OperatorParams, Principal, resource, Role } from '@freehold/kernel';
import { z } from 'zod';

export const OPERATOR_ROLES = ['owner', 'administrator', 'moderator', 'reader'] as const;
export const STAFF_ROLES = ['staff-admin', 'staff-support', 'auditor'] as const;

export const CredentialRecorded = z.object({
  id: Id,
  role: Role,
  label: z.string().nullable(),
  status: z.enum(['valid', 'revoked']),
  issuedAt: Instant,
  expiresAt: Instant.nullable(),
});
const KeyParams = z.object({ key: Id });
const OperatorKeyParams = OperatorParams.extend({ key: Id });

/** Keys of an operator. */
export const operatorKeys = resource({
  context: 'accounts',
  name: 'key',
  title: 'a key of an operator',
  collection: {
    path: '/v1/operators/{operator}/keys',
    params: OperatorParams,
    scope: 'operator',
    permission: 'key:list',
  },
  item: {
    path: '/v1/operators/{operator}/keys/{key}',
    params: OperatorKeyParams,
    scope: 'operator',
    permission: 'key:list',
  },
  history: 'history:read',
  recorded: CredentialRecorded,
  observed: z.null(),
});

/** Keys of the provider's staff and auditors. */
export const cellKeys = resource({
  context: 'accounts',
  name: 'cell-key',
  title: 'a key of the provider',
  collection: { path: '/v1/keys', params: z.object({}), scope: 'cell', permission: 'cell:change' },
  item: { path: '/v1/keys/{key}', params: KeyParams, scope: 'cell', permission: 'cell:change' },
  history: 'cell:history',
  recorded: CredentialRecorded,
  observed: z.null(),
});

/** The answer to issuing: the key itself, derived again from the commit whenever the command is repeated. */
export const IssuedKey = Changed.extend({
  key: z.string().describe('fh_<operator or cell>_<id>_<secret>'),
  role: Role,
});

const issue = { label: z.string().max(200).optional(), expiresAt: Instant.optional() };
export const issueKey = operation({
  id: 'accounts.issue-key',
  kind: 'command',
  http: { method: 'POST', path: '/v1/operators/{operator}/keys' },
  summary: 'Gives out a key for an operator’s programs and people.',
  permission: 'key:issue',
  scope: 'operator',
  params: OperatorParams,
  body: z.strictObject({ role: z.enum(OPERATOR_ROLES), ...issue }),
  reply: IssuedKey,
  refusals: ['operator-unknown', 'operator-closed', 'expiry-in-the-past'],
  since: '0.1.0',
});

export const issueCellKey = operation({
  id: 'accounts.issue-cell-key',
  kind: 'command',
  http: { method: 'POST', path: '/v1/keys' },
  summary: 'Gives out a key for the provider’s staff or an auditor.',
  permission: 'cell:change',
  scope: 'cell',
  params: z.object({}),
  body: z.strictObject({ role: z.enum(STAFF_ROLES), ...issue }),
  reply: IssuedKey,
  refusals: ['expiry-in-the-past'],
  since: '0.1.0',
});

export const revokeKey = operation({
  id: 'accounts.revoke-key',
  kind: 'command',
  http: { method: 'DELETE', path: '/v1/operators/{operator}/keys/{key}' },
  summary: 'Makes a key of an operator useless at once.',
  permission: 'key:revoke',
  scope: 'operator',
  params: OperatorKeyParams,
  body: z.strictObject({}),
  reply: Changed,
  refusals: ['key-unknown'],
  since: '0.1.0',
});

export const revokeCellKey = operation({
  id: 'accounts.revoke-cell-key',
  kind: 'command',
  http: { method: 'DELETE', path: '/v1/keys/{key}' },
  summary: 'Makes a key of the provider useless at once.',
  permission: 'cell:change',
  scope: 'cell',
  params: KeyParams,
  body: z.strictObject({}),
  reply: Changed,
  refusals: ['key-unknown'],
  since: '0.1.0',
});

/** The gateway asks who a key belongs to. Not on HTTP; refused is `unauthorized`, whatever the reason. */
export const authenticate = operation({
  id: 'accounts.authenticate',
  kind: 'query',
  summary: 'Whose key is this?',
  permission: null,
  scope: 'public',
  params: z.object({}),
  body: z.object({ operator: z.union([Id, z.literal('cell')]), credential: Id, secret: z.string().max(200) }),
  reply: z.object({ principal: Principal }),
  refusals: [],
  since: '0.1.0',
});
