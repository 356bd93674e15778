import { type PackageStore } from '@freehold/application-package';
import { portableDocuments } from '@freehold/deployment-contract';
import { openedText } from '@freehold/kernel';
import { type AggregateStore, eventsOf } from '@freehold/log';
import {
  AGGREGATES,
  done,
  notFound,
  Operation,
  OperationClient,
  type OperationRequest,
  processPrincipal,
  Unavailable,
  VAULT,
} from '@freehold/platform';
import { hostAddress } from '@freehold/provisioning-contract';
import { sealFor, type Vault } from '@freehold/vault';
import { Controller, Inject } from '@nestjs/common';
import { deploymentAggregate, deploymentName } from '../aggregates.js';
import { SettingProtection } from '../deployment/border/setting-protection.js';
import type { Deployment } from '../deployment/domain/deployment.js';
import { PACKAGES } from '../packages.js';
import { documentOf, type Opened, secretsOf } from './domain/documents.js';
import { identityIn } from './domain/identity-in.js';

/** An aggregate stays under so many commits. */
const WHOLE_HISTORY = 1_000;

type Known = Extract<Deployment, { order: unknown }>;

/** The documents of a bag, for the agent that makes one. Secrets are encrypted to the provider that takes over. */
@Controller()
export class PortableDocumentsOperations {
  readonly #protection: SettingProtection;

  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(VAULT) private readonly vault: Vault,
    @Inject(PACKAGES) private readonly packages: PackageStore,
    @Inject(OperationClient) private readonly client: OperationClient,
  ) {
    this.#protection = new SettingProtection(vault);
  }

  @Operation(portableDocuments)
  async give(request: OperationRequest<typeof portableDocuments>) {
    const { operator, deployment, recipient } = request.body;
    const { host } = request.params;
    const state = await this.#load(operator, deployment);
    if (state === null || state.prepared.host !== host) return notFound();
    const principal = processPrincipal(operator, deployment);
    const machine = await this.client.call(hostAddress, { params: { operator }, body: { host }, principal });
    if (machine.kind !== 'done') return machine;
    const name = deploymentName(operator, deployment);
    const history = await this.aggregates.history(name, { limit: WHOLE_HISTORY });
    const opened = await this.#opened(operator, deployment, state);
    const documents = {
      deployment: documentOf(opened),
      ...(await this.vault.openAll(
        { identity: identityIn(history.flatMap((stored) => eventsOf(deploymentAggregate, stored))) },
        operator,
      )),
      secrets: await this.#secretsFor(recipient, deployment, opened),
    };
    return done({ sealed: await sealFor(machine.reply.recipient, documents) });
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
