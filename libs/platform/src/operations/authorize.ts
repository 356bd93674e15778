import { may, type Operation, type Permission, type Principal } from '@freehold/kernel';

/** Why somebody may not: nobody known, nothing there for them, or a role without the permission. */
export type Denial =
  { reason: 'unauthorized' } | { reason: 'not-found' } | { reason: 'forbidden'; permission: Permission };

/**
 * Who may do what, for gateway and services alike. What belongs to another operator, or to another host than an
 * agent's, does not exist; what is one's own needs the permission. What other providers ask is answered to nobody else: a
 * key of ours is no credential there.
 *
 * @param params as they were sent: they are judged before they are parsed.
 */
export function authorize(row: Operation, principal: Principal | null, params: unknown): Denial | null {
  if (row.scope === 'public') return null;
  if (principal === null) return { reason: 'unauthorized' };
  if ((row.scope === 'peer') !== (principal.role === 'peer')) return { reason: 'unauthorized' };
  if (row.scope === 'operator' && fieldOf(params, 'operator') !== principal.operator) return { reason: 'not-found' };
  if (row.scope === 'host' && principal.role === 'agent' && fieldOf(params, 'host') !== principal.host) {
    return { reason: 'not-found' };
  }
  if (row.permission !== null && !may(principal.role, row.permission)) {
    return { reason: 'forbidden', permission: row.permission };
  }
  return null;
}

const fieldOf = (params: unknown, field: string): unknown =>
  typeof params === 'object' && params !== null
    ? Object.entries(params).find(([name]) => name === field)?.[1]
    : undefined;
