import { authenticate } from '@freehold/accounts-contract';
import type { Principal, Role } from '@freehold/kernel';
import { done, Operation, type OperationRequest, unauthorized } from '@freehold/platform';
import { Controller, Module } from '@nestjs/common';
import { randomUUID } from 'node:crypto';

const issued = new Map<string, Principal>();
const SECRET = '5ecret-of-every-test-key';

/** A key as accounts would give it out, known to the controller below. */
export function issueTestKey(operator: string, role: Role): { key: string; credential: string } {
  const credential = randomUUID();
  issued.set(credential, {
    actor: { kind: 'credential', id: credential },
    role,
    operator: operator === 'cell' ? '_' : operator,
  });
  return { key: `fh_${operator}_${credential}_${SECRET}`, credential };
}

/** What the gateway asks of accounts, without accounts. */
@Controller()
class TestAccountsController {
  @Operation(authenticate)
  async authenticate({ body }: OperationRequest<typeof authenticate>) {
    const principal = issued.get(body.credential);
    return principal === undefined || body.secret !== SECRET ? unauthorized() : done({ principal });
  }
}

@Module({ controllers: [TestAccountsController] })
export class TestAccountsModule {}
