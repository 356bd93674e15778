import { makeSecret, type PackageStore, secretsToMake } from '@freehold/application-package';
import { prepareSecrets, shredSecrets } from '@freehold/deployment-contract';
import type { AggregateStore } from '@freehold/log';
import {
  AGGREGATES,
  answer,
  commandOptions,
  done,
  Operation,
  type OperationRequest,
  refusedWith,
  Unavailable,
  VAULT,
} from '@freehold/platform';
import { KeyErased, type Vault } from '@freehold/vault';
import { Controller, Inject } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { deploymentAggregate, deploymentName } from '../aggregates.js';
import { PACKAGES } from '../packages.js';
import { orderAlreadyUndone } from './domain/deployment.findings.js';

const FIRST_ADMIN_PASSWORD = {
  name: 'first-admin-password',
  generate: { kind: 'random', bytes: 18, encoding: 'base64url' },
} as const;

/**
 * A deployment's secrets: made once, before the first start, and never again; shredded at the end. What is in the vault
 * already stays, so a repeat after a crash keeps what the first attempt made.
 */
@Controller()
export class SecretsOperations {
  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(VAULT) private readonly vault: Vault,
    @Inject(PACKAGES) private readonly packages: PackageStore,
  ) {}

  @Operation(prepareSecrets)
  async prepare(request: OperationRequest<typeof prepareSecrets>) {
    const { deployment } = request.body;
    const name = deploymentName(request.params.operator, deployment);
    const { state } = await this.aggregates.load(deploymentAggregate, name, { confirmed: true });
    if (!('order' in state)) return refusedWith([orderAlreadyUndone]);
    const names = state.prepared.secrets ?? (await this.#make(deployment, state.order.digest));
    if (names === null) return refusedWith([orderAlreadyUndone]);
    const result = await this.aggregates.execute({
      definition: deploymentAggregate,
      name,
      command: { type: 'record-secrets', names: [...names] },
      ...commandOptions(request),
    });
    return answer(result, (change) => ({
      names: 'prepared' in change.state ? [...(change.state.prepared.secrets ?? [])] : [],
    }));
  }

  /** The vault keeps a mark: nothing can be put there for this deployment any more. */
  @Operation(shredSecrets)
  async shred(request: OperationRequest<typeof shredSecrets>) {
    await this.vault.shredSecrets(request.body.deployment);
    return done({});
  }

  /** The names; null when they were shredded already. */
  async #make(deployment: string, digest: string): Promise<string[] | null> {
    const app = await this.packages.get(digest);
    if (app === null) throw new Unavailable('the package of this release');
    const declared = secretsToMake(app);
    const all = declared.some(({ name }) => name === FIRST_ADMIN_PASSWORD.name)
      ? declared
      : [...declared, FIRST_ADMIN_PASSWORD];
    try {
      for (const { name, generate } of all) {
        await this.vault.putSecret(deployment, name, makeSecret(generate, randomBytes));
      }
      return all.map(({ name }) => name);
    } catch (error) {
      if (error instanceof KeyErased) return null;
      throw error;
    }
  }
}
