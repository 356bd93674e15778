import { makeSecret, type PackageStore, secretsToMake, validateSettings } from '@freehold/application-package';
import {
  DeploymentDocument,
  DeploymentSecrets,
  portableDocuments,
  receiveDocuments,
} from '@freehold/deployment-contract';
import { type Finding, findingsOf, openedText } from '@freehold/kernel';
import type { AggregateStore } from '@freehold/log';
import {
  AGGREGATES,
  answer,
  commandOptions,
  CONFIGURATION,
  done,
  notFound,
  Operation,
  OperationClient,
  type OperationRequest,
  processPrincipal,
  refusedWith,
  Unavailable,
  VAULT,
} from '@freehold/platform';
import { hostAddress } from '@freehold/provisioning-contract';
import { openSealed, readIdentityFile, sealFor, type Vault } from '@freehold/vault';
import { Controller, Inject } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { deploymentAggregate, deploymentName } from '../aggregates.js';
import { SettingProtection } from '../deployment/border/setting-protection.js';
import type { Deployment } from '../deployment/domain/deployment.js';
import { orderAlreadyUndone } from '../deployment/domain/deployment.findings.js';
import { secretSettingsOf } from '../deployment/domain/setting-patch.js';
import type { DeploymentConfig } from '../deployment.config.js';
import { PACKAGES } from '../packages.js';
import { documentOf, historyLine, type Opened, secretsOf } from './domain/documents.js';
import { identityIn } from './domain/identity-in.js';

/** An aggregate stays under so many commits. */
const WHOLE_HISTORY = 1_000;
const PAGE = 100;

type Known = Extract<Deployment, { order: unknown }>;

/**
 * The documents of a bag: given to the agent that makes one, and taken from the agent that received one. Secrets are
 * encrypted to the provider that takes over, never readable by an agent on the way.
 */
@Controller()
export class DocumentsOperations {
  readonly #protection: SettingProtection;

  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(VAULT) private readonly vault: Vault,
    @Inject(PACKAGES) private readonly packages: PackageStore,
    @Inject(OperationClient) private readonly client: OperationClient,
    @Inject(CONFIGURATION) private readonly config: DeploymentConfig,
  ) {
    this.#protection = new SettingProtection(vault);
  }

  @Operation(portableDocuments)
  async give(request: OperationRequest<typeof portableDocuments>) {
    const { operator, deployment, recipient, after } = request.body;
    const { host } = request.params;
    const state = await this.#load(operator, deployment);
    if (state === null || state.prepared.host !== host) return notFound();
    const principal = processPrincipal(operator, deployment);
    const machine = await this.client.call(hostAddress, { params: { operator }, body: { host }, principal });
    if (machine.kind !== 'done') return machine;
    const name = deploymentName(operator, deployment);
    const history = (await this.aggregates.history(name, { limit: WHOLE_HISTORY })).toReversed();
    const from = after === null ? 0 : Number(after);
    const opened = await this.#opened(operator, deployment, state);
    const next = from + PAGE < history.length ? String(from + PAGE) : null;
    const documents = {
      deployment: documentOf(opened),
      identity: identityIn(history.toReversed()),
      secrets: await this.#secretsFor(recipient, deployment, opened),
      history: history.slice(from, from + PAGE).map(historyLine),
      next,
    };
    return done({ sealed: await sealFor(machine.reply.recipient, documents) });
  }

  /** As at the source, under this provider's keys. Secrets that do not travel are made here; what is there already stays. */
  @Operation(receiveDocuments)
  async receive(request: OperationRequest<typeof receiveDocuments>) {
    const { operator, deployment, document, secrets: sealed } = request.body;
    const state = await this.#load(operator, deployment);
    if (state === null) return refusedWith([orderAlreadyUndone]);
    const parsed = DeploymentDocument.safeParse(document);
    if (!parsed.success) return refusedWith(findingsOf(parsed.error, '/document'));
    const opened = await this.#open(sealed);
    if (opened === null) return refusedWith([documentsUnreadable]);
    const app = await this.#package(state.order.digest);
    const settings = { ...parsed.data.settings, ...opened.settings };
    const findings = validateSettings(app, settings, { mode: 'order' });
    if (findings.length > 0) return refusedWith(findings.map((each) => ({ ...each, code: 'setting-refused' })));
    const names: string[] = [];
    for (const { name, generate } of secretsToMake(app)) {
      await this.vault.putSecret(deployment, name, opened.secrets[name] ?? makeSecret(generate, randomBytes));
      names.push(name);
    }
    for (const [name, value] of Object.entries(opened.secrets)) {
      if (names.includes(name)) continue;
      await this.vault.putSecret(deployment, name, value);
      names.push(name);
    }
    const recorded = await this.#protection.protect(app, { operator, deployment }, settings);
    const result = await this.aggregates.execute({
      definition: deploymentAggregate,
      name: deploymentName(operator, deployment),
      command: {
        ...{ type: 'receive-documents', settings: recorded, secretSettings: secretSettingsOf(recorded) },
        ...{ secrets: names, hasFirstAdministrator: parsed.data.hasFirstAdministrator },
      },
      ...commandOptions(request),
    });
    return answer(result, () => ({}));
  }

  async #opened(operator: string, deployment: string, state: Known): Promise<Opened> {
    const { order, prepared, hasFirstAdministrator } = state;
    const [names, settings] = await Promise.all([
      this.vault.openAll(order.names, operator),
      this.#protection.open({ operator, deployment }, order.settings),
    ]);
    const shown = names.map(({ purpose, name }) => ({ purpose, name: openedText(name) }));
    return { order, prepared, hasFirstAdministrator, names: shown, settings };
  }

  async #secretsFor(recipient: string, deployment: string, opened: Opened): Promise<string> {
    const app = await this.#package(opened.order.digest);
    const staying = new Set(app.description.secrets.filter(({ travels }) => !travels).map(({ name }) => name));
    const travelling = (opened.prepared.secrets ?? []).filter((name) => !staying.has(name));
    const values = new Map<string, string>();
    for (const name of travelling) {
      const value = await this.vault.getSecret(deployment, name);
      if (value !== undefined) values.set(name, value);
    }
    return sealFor(recipient, secretsOf(opened, values, travelling));
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

  async #load(operator: string, deployment: string): Promise<Known | null> {
    const name = deploymentName(operator, deployment);
    const { state } = await this.aggregates.load(deploymentAggregate, name, { confirmed: true });
    return 'order' in state ? state : null;
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
