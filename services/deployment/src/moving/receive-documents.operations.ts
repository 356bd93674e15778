import {
  type ApplicationPackage,
  makeSecret,
  type PackageStore,
  secretsToMake,
  validateSettings,
} from '@freehold/application-package';
import { DeploymentDocument, DeploymentSecrets, receiveDocuments } from '@freehold/deployment-contract';
import { type Finding, findingsOf } from '@freehold/kernel';
import type { AggregateStore } from '@freehold/log';
import {
  AGGREGATES,
  answer,
  commandOptions,
  CONFIGURATION,
  notFound,
  Operation,
  type OperationRequest,
  refusedWith,
  Unavailable,
  VAULT,
} from '@freehold/platform';
import { KeyErased, openSealed, readIdentityFile, type Vault } from '@freehold/vault';
import { Controller, Inject } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { deploymentAggregate, deploymentName } from '../aggregates.js';
import { SettingProtection } from '../deployment/border/setting-protection.js';
import { orderAlreadyUndone } from '../deployment/domain/deployment.findings.js';
import { secretSettingsOf } from '../deployment/domain/setting-patch.js';
import type { DeploymentConfig } from '../deployment.config.js';
import { PACKAGES } from '../packages.js';

/** The documents of a bag, from the agent that received one: the agent cannot read what is secret in them. */
@Controller()
export class ReceiveDocumentsOperations {
  readonly #protection: SettingProtection;

  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(VAULT) private readonly vault: Vault,
    @Inject(PACKAGES) private readonly packages: PackageStore,
    @Inject(CONFIGURATION) private readonly config: DeploymentConfig,
  ) {
    this.#protection = new SettingProtection(vault);
  }

  /**
   * As at the source, under this provider's keys. Secrets that do not travel are made here; what is there already stays.
   * Where the arrival was undone meanwhile the vault takes nothing any more, and what came goes with it.
   */
  @Operation(receiveDocuments)
  async receive(request: OperationRequest<typeof receiveDocuments>) {
    const { operator, deployment, document, secrets: sealed } = request.body;
    const name = deploymentName(operator, deployment);
    const { state } = await this.aggregates.load(deploymentAggregate, name, { confirmed: true });
    if (!('order' in state)) return refusedWith([orderAlreadyUndone]);
    if (state.prepared.host !== request.params.host) return notFound();
    const parsed = DeploymentDocument.safeParse(document);
    if (!parsed.success) return refusedWith(findingsOf(parsed.error, '/document'));
    const opened = await this.#open(sealed);
    if (opened === null) return refusedWith([documentsUnreadable]);
    const app = await this.#package(state.order.digest);
    const settings = { ...parsed.data.settings, ...opened.settings };
    const findings = validateSettings(app, settings, { mode: 'order' });
    if (findings.length > 0) return refusedWith(findings.map((each) => ({ ...each, code: 'setting-refused' })));
    const kept = await this.#keep(app, { operator, deployment }, { ...opened, settings });
    if (kept === null) return refusedWith([orderAlreadyUndone]);
    const result = await this.aggregates.execute({
      definition: deploymentAggregate,
      name,
      command: {
        ...{ type: 'receive-documents', ...kept, hasFirstAdministrator: parsed.data.hasFirstAdministrator },
      },
      ...commandOptions(request),
    });
    return answer(result, () => ({}));
  }

  /** What is recorded of them; null: they were shredded already, and nothing was kept. */
  async #keep(
    app: ApplicationPackage,
    owner: { operator: string; deployment: string },
    { secrets, settings }: DeploymentSecrets,
  ) {
    const made = secretsToMake(app).map(({ name, generate }): [string, string] => [
      name,
      secrets[name] ?? makeSecret(generate, randomBytes),
    ]);
    const values: Record<string, string> = { ...secrets, ...Object.fromEntries(made) };
    try {
      for (const [name, value] of Object.entries(values)) await this.vault.putSecret(owner.deployment, name, value);
      const recorded = await this.#protection.protect(app, owner, settings);
      return { settings: recorded, secretSettings: secretSettingsOf(recorded), secrets: Object.keys(values) };
    } catch (error) {
      if (error instanceof KeyErased) return null;
      throw error;
    }
  }

  /** Null: it was not encrypted to this provider, or is not what it should be. */
  async #open(sealed: string): Promise<DeploymentSecrets | null> {
    const identity = await readIdentityFile(this.config.providerIdentityFile);
    if (identity === undefined) throw new Unavailable('the provider’s identity file');
    try {
      return DeploymentSecrets.safeParse(await openSealed(identity.identity, sealed)).data ?? null;
    } catch {
      return null; // the cause may quote what could not be read
    }
  }

  async #package(digest: string) {
    const app = await this.packages.get(digest);
    if (app === null) throw new Unavailable('the package of this release');
    return app;
  }
}

const documentsUnreadable: Finding = {
  pointer: '/secrets',
  code: 'documents-unreadable',
  detail: 'The secrets of this bag are not encrypted to this provider.',
  hint: 'The source must seal it again for the recipient in this provider’s description.',
};
