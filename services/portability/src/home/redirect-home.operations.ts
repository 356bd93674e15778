import { CELL } from '@freehold/kernel';
import { nameId } from '@freehold/log';
import {
  derivedId,
  Operation,
  OperationClient,
  type OperationRequest,
  processPrincipal,
  refusedWith,
  VAULT,
} from '@freehold/platform';
import { redirectHome } from '@freehold/portability-contract';
import { redirectName } from '@freehold/provisioning-contract';
import type { Vault } from '@freehold/vault';
import { Controller, Inject } from '@nestjs/common';
import { Provider } from '../provider/provider.js';

/**
 * This provider as the home of a name: the provider to which the name leads says where it has moved on. Who that is, the
 * signature proves; that the name leads there, provisioning decides.
 */
@Controller()
export class RedirectHomeOperations {
  constructor(
    @Inject(OperationClient) private readonly client: OperationClient,
    @Inject(VAULT) private readonly vault: Vault,
    @Inject(Provider) private readonly provider: Provider,
  ) {}

  @Operation(redirectHome)
  async redirect(request: OperationRequest<typeof redirectHome>) {
    const { name: text, ...way } = request.body;
    const name = await this.#idOf(text);
    if (name === null) return refusedWith([noName]);
    const refusal = this.provider.refusalOfPlace(way);
    if (refusal !== null) return refusedWith([refusal]);
    const { commandId } = request;
    return this.client.call(redirectName, {
      params: {},
      body: { name, by: request.principal.actor.id, ...way },
      principal: processPrincipal(CELL, commandId),
      commandId: derivedId(commandId, 'redirect-name'),
    });
  }

  async #idOf(text: string): Promise<string | null> {
    try {
      return nameId(await this.vault.cellKey('name'), text);
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  }
}

/** The same code as for a name that leads nowhere else: which names there are is nobody's business. */
const noName = {
  pointer: '/name',
  code: 'name-not-delegated',
  detail: 'This name does not lead to another provider.',
  hint: 'See which name the deployment has.',
};
