import { firstAdmin, type PackageStore, validateSettings } from '@freehold/application-package';
import { changeSettings, firstAdministrator, resumeDeployment, suspendDeployment } from '@freehold/deployment-contract';
import { type Changed, openedText } from '@freehold/kernel';
import type { AggregateStore } from '@freehold/log';
import {
  AGGREGATES,
  answer,
  commandMeta,
  commandOptions,
  done,
  notFound,
  Operation,
  type OperationRequest,
  preconditionFailed,
  refusedWith,
  Unavailable,
  VAULT,
} from '@freehold/platform';
import type { Vault } from '@freehold/vault';
import { Controller, Inject } from '@nestjs/common';
import { deploymentAggregate, deploymentName } from '../aggregates.js';
import { PACKAGES } from '../packages.js';
import { SettingProtection } from './border/setting-protection.js';
import { whyNotNow } from './domain/deployment.decide.js';
import { firstAdministratorMissing } from './domain/deployment.findings.js';
import { belowSettings, changedFields, patched } from './domain/setting-patch.js';

/** Times that a change of settings is worked out again because another change came first. */
const TRIES = 5;

/** A deployment as its operator changes it. */
@Controller()
export class DeploymentOperations {
  readonly #protection: SettingProtection;

  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(VAULT) private readonly vault: Vault,
    @Inject(PACKAGES) private readonly packages: PackageStore,
  ) {
    this.#protection = new SettingProtection(vault);
  }

  /** Judged and merged against one version, and recorded on that version only. */
  @Operation(changeSettings)
  async change(request: OperationRequest<typeof changeSettings>) {
    for (let tries = 1; ; tries += 1) {
      const changed = await this.#changeOnce(request);
      const overtaken = changed.kind === 'refused' && changed.reason === 'precondition' && request.ifMatch === null;
      if (!overtaken || tries === TRIES) return changed;
    }
  }

  async #changeOnce(request: OperationRequest<typeof changeSettings>) {
    const { state, version, commandIds } = await this.#load(request);
    if (state.status === 'none') return notFound();
    const name = deploymentName(request.params.operator, request.params.deployment);
    const common = { definition: deploymentAggregate, name, meta: commandMeta(request) };
    const changed = (position: Changed['position'], at: number): Changed => ({ id: name.id, position, version: at });
    if (commandIds.has(request.commandId)) {
      const again = await this.aggregates.execute({ ...common, command: { type: 'suspend' } });
      return answer(again, (first) => changed(first.position, first.version));
    }
    if (request.ifMatch !== null && request.ifMatch !== version) return preconditionFailed(version);
    if (state.status !== 'live' && state.status !== 'suspended') return refusedWith([whyNotNow(state)]);
    const app = await this.#package(state.order.digest);
    const { settings } = state.order;
    const current = await this.#protection.open(request.params, settings);
    const patch = request.body.settings;
    const findings = belowSettings(validateSettings(app, patch, { mode: 'change', current }));
    if (findings.length > 0) return refusedWith(findings);
    const protectedPatch = await this.#protection.protect(app, request.params, changedFields(current, patch));
    const command = { type: 'reconfigure', ...patched(settings, protectedPatch) } as const;
    const result = await this.aggregates.execute({ ...common, command, expectedVersion: version });
    return answer(result, (change) => changed(change.position, change.version));
  }

  @Operation(suspendDeployment)
  async suspend(request: OperationRequest<typeof suspendDeployment>) {
    return this.#turn(request, { type: 'suspend' });
  }

  @Operation(resumeDeployment)
  async resume(request: OperationRequest<typeof resumeDeployment>) {
    return this.#turn(request, { type: 'resume' });
  }

  @Operation(firstAdministrator)
  async firstAdministrator(request: OperationRequest<typeof firstAdministrator>) {
    const { operator, deployment } = request.params;
    const { state } = await this.#load(request);
    if (state.status === 'none') return notFound();
    if (!('order' in state) || !state.hasFirstAdministrator) return refusedWith([firstAdministratorMissing]);
    const app = await this.#package(state.order.digest);
    const [settings, names] = await Promise.all([
      this.#protection.open({ operator, deployment }, state.order.settings),
      this.vault.openAll(state.order.names, operator),
    ]);
    const byPurpose = Object.fromEntries(names.map(({ purpose, name }) => [purpose, openedText(name)]));
    const account = firstAdmin(app, { settings, names: byPurpose });
    const password = account && (await this.vault.getSecret(deployment, account.passwordSecret));
    if (account === undefined || password === undefined) return refusedWith([firstAdministratorMissing]);
    return done({ user: account.user, password });
  }

  async #turn(
    request: OperationRequest<typeof suspendDeployment | typeof resumeDeployment>,
    command: { type: 'suspend' } | { type: 'resume' },
  ) {
    const { state } = await this.#load(request);
    if (state.status === 'none') return notFound();
    const name = deploymentName(request.params.operator, request.params.deployment);
    const options = commandOptions(request);
    const result = await this.aggregates.execute({ definition: deploymentAggregate, name, command, ...options });
    return answer(result, ({ position, version }): Changed => ({ id: name.id, position, version }));
  }

  #load({ params: { operator, deployment } }: { params: { operator: string; deployment: string } }) {
    return this.aggregates.load(deploymentAggregate, deploymentName(operator, deployment), { confirmed: true });
  }

  async #package(digest: string) {
    const app = await this.packages.get(digest);
    if (app === null) throw new Unavailable('the package of this release');
    return app;
  }
}
