import { authenticate } from '@freehold/accounts-contract';
import { CELL, CELL_ROLES, Id, type Operation, type Principal } from '@freehold/kernel';
import { authorize, denied, type Failed, OperationClient, type Refused, unauthorized } from '@freehold/platform';
import { Inject, Injectable } from '@nestjs/common';
import { bearerKeyOf } from '../domain/bearer-key.js';

export type Identified = { kind: 'known'; principal: Principal } | Refused | Failed;

/** Who stands at the door, asked of the accounts context each time: a revoked key is useless at once. */
@Injectable()
export class Authentication {
  constructor(@Inject(OperationClient) private readonly client: OperationClient) {}

  async identify(authorization: string | undefined, correlation: string): Promise<Identified> {
    const key = bearerKeyOf(authorization);
    if (key === null) return unauthorized();
    const answered = await this.client.call(authenticate, { params: {}, body: key, correlation });
    if (answered.kind === 'done') return { kind: 'known', principal: answered.reply.principal };
    return answered.kind === 'refused' ? unauthorized() : answered;
  }
}

/**
 * The principal with which an operation is called, after the permission check. The provider's people act for the
 * operator in the path, so it is written into theirs; everybody else keeps their own.
 */
export function admitToOperation(
  row: Operation,
  principal: Principal | null,
  params: Record<string, string>,
): { kind: 'known'; principal: Principal | null } | Refused {
  const { operator } = params;
  const forAny = row.scope === 'operator' && principal?.operator === CELL && CELL_ROLES.has(principal.role);
  const acting = forAny && Id.safeParse(operator).success ? { ...principal, operator: Id.parse(operator) } : principal;
  const denial = authorize(row, acting, params);
  return denial === null ? { kind: 'known', principal: acting } : denied(denial);
}
