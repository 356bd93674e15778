import type { Finding } from '@freehold/kernel';
import type { AggregateStore } from '@freehold/log';
import { AGGREGATES, done, Operation, type OperationRequest, refusedWith, VAULT } from '@freehold/platform';
import {
  type EnvironmentConfiguration,
  environmentConfiguration,
  OpenConfiguration,
} from '@freehold/provisioning-contract';
import { sealFor, type Vault } from '@freehold/vault';
import { Controller, Inject } from '@nestjs/common';
import { environmentAggregate, environmentName, hostAggregate, hostName } from '../aggregates.js';
import { configurationWith, secretsOf } from './domain/open-configuration.js';
import { environmentUnknown, generationPassed, secretsMissing } from './domain/environment.findings.js';

/** Answers an agent what is secret or personal of a generation, encrypted to its host's key and to nobody else. */
@Controller()
export class EnvironmentConfigurationOperations {
  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(VAULT) private readonly vault: Vault,
  ) {}

  @Operation(environmentConfiguration)
  async open(request: OperationRequest<typeof environmentConfiguration>) {
    const { operator, environment, generation } = request.body;
    const { host } = request.params;
    const [known, machine] = await Promise.all([
      this.aggregates.load(environmentAggregate, environmentName(operator, environment), { confirmed: true }),
      this.aggregates.load(hostAggregate, hostName(host), { confirmed: true }),
    ]);
    const { place, desired } = known.state;
    if (place === null || place.host !== host || machine.state.status !== 'joined') {
      return refusedWith([environmentUnknown]);
    }
    if (desired === null || generation > desired.generation) return refusedWith([environmentUnknown]);
    if (generation < desired.generation) return refusedWith([generationPassed]);
    if (desired.configuration === null) return refusedWith([secretsMissing(['configuration'])]);
    const opened = await this.#openAll({ operator, deployment: place.deployment, ...desired.configuration });
    if (Array.isArray(opened)) return refusedWith(opened);
    return done({ sealed: await sealFor(machine.state.description.recipient, opened) });
  }

  async #openAll({ operator, deployment, ...configuration }: Whose): Promise<OpenConfiguration | Finding[]> {
    const wanted = secretsOf(configuration);
    const [secrets, settings, names] = await Promise.all([
      Promise.all(wanted.map(async ({ kept }) => [kept, await this.vault.getSecret(deployment, kept)] as const)),
      this.vault.openAll(configuration.settings, operator),
      this.vault.openAll(configuration.names, operator),
    ]);
    const missing = secrets.filter(([, value]) => value === undefined).map(([kept]) => kept);
    if (missing.length > 0) return [secretsMissing(missing)];
    return OpenConfiguration.parse(
      configurationWith(
        { ...configuration, settings, names },
        new Map(secrets.map(([kept, value]) => [kept, value ?? ''])),
      ),
    );
  }
}

type Whose = EnvironmentConfiguration & { operator: string; deployment: string };
