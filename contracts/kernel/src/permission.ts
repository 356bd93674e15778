import { z } from 'zod';

/**
 * Roles of keys. `agent`, `process` and `system` belong to programs of the cell itself, `peer` to another provider, which
 * has no key of ours: its signature says who it is.
 */
export const Role = z.enum([
  'staff-admin',
  'staff-support',
  'owner',
  'administrator',
  'moderator',
  'reader',
  'auditor',
  'partner',
  'agent',
  'process',
  'system',
  'peer',
]);
export type Role = z.infer<typeof Role>;

/** Each permission with the roles that have it. The one table: gateway, services and tests read it. */
export const PERMISSIONS = {
  'operator:register': ['staff-admin', 'system'],
  'operator:read': ['staff-admin', 'staff-support', 'owner', 'administrator', 'moderator', 'reader', 'auditor'],
  'operator:list': ['staff-admin', 'staff-support', 'auditor'],
  'operator:change': ['staff-admin'],
  'operator:erase': ['staff-admin'],
  'subscription:change': ['staff-admin', 'system'],
  'key:issue': ['staff-admin', 'owner', 'system'],
  'key:list': ['staff-admin', 'staff-support', 'owner'],
  'key:revoke': ['staff-admin', 'owner'],
  'catalog:read': [
    'staff-admin',
    'staff-support',
    'owner',
    'administrator',
    'moderator',
    'reader',
    'auditor',
    'process',
  ],
  'catalog:change': ['staff-admin', 'system'],
  'deployment:order': ['staff-admin', 'owner', 'administrator'],
  'deployment:read': ['staff-admin', 'staff-support', 'owner', 'administrator', 'moderator', 'reader', 'auditor'],
  'deployment:change': ['staff-admin', 'owner', 'administrator'],
  'deployment:retire': ['staff-admin', 'owner'],
  'deployment:first-admin': ['owner', 'administrator'],
  'deployment:logs': ['staff-admin', 'owner', 'administrator'],
  'host:read': ['staff-admin', 'staff-support', 'auditor'],
  'host:join': ['staff-admin', 'system', 'agent'],
  'work:read': ['staff-admin', 'staff-support', 'auditor'],
  'work:change': ['staff-admin'],
  'history:read': ['staff-admin', 'staff-support', 'owner', 'administrator', 'auditor'],
  'cell:history': ['staff-admin', 'auditor'],
  'cell:change': ['staff-admin', 'system'],
  'cell:health': ['staff-admin', 'staff-support'],
  'move:read': ['staff-admin', 'staff-support', 'owner', 'administrator', 'auditor'],
  'move:grant': ['staff-admin', 'owner'],
  'move:take': ['staff-admin', 'owner'],
  'move:peer': ['peer'],
  'export:make': ['staff-admin', 'owner'],
  'host:act': ['agent'],
  'process:act': ['process', 'system'],
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof PERMISSIONS;

export const may = (role: Role, permission: Permission): boolean =>
  (PERMISSIONS[permission] as readonly Role[]).includes(role);

/** Roles that belong to the provider and may act for any operator of the cell, as their permissions say. */
export const CELL_ROLES: ReadonlySet<Role> = new Set(['staff-admin', 'staff-support', 'auditor']);
