import { type ApplicationPackage, hookNames, neededPrograms, type PackageStore } from '@freehold/application-package';
import {
  arrivingConfiguration,
  leaveDeployment,
  movable,
  reopenDeployment,
  sealDeployment,
  takeBackDeployment,
} from '@freehold/deployment-contract';
import { openedText, type Position } from '@freehold/kernel';
import { type AggregateStore, eventsOf } from '@freehold/log';
import {
  AGGREGATES,
  answer,
  commandOptions,
  done,
  notFound,
  Observations,
  Operation,
  type OperationRequest,
  refusedWith,
  Unavailable,
  VAULT,
} from '@freehold/platform';
import type { UnitObservation } from '@freehold/provisioning-contract';
import type { Vault } from '@freehold/vault';
import { Controller, Inject } from '@nestjs/common';
import { deploymentAggregate, deploymentName } from '../aggregates.js';
import type { DeploymentCommand } from '../deployment/domain/deployment.commands.js';
import { orderAlreadyUndone, secretsMissing } from '../deployment/domain/deployment.findings.js';
import { configurationOf } from '../deployment/domain/desired-environment.js';
import { PACKAGES } from '../packages.js';
import { identityIn } from './domain/identity-in.js';

const WHOLE_HISTORY = 1_000;
/** Of what has no commit: never the case where something was decided. */
const NOWHERE: Position = '1:0';

/** What departures and arrivals ask of a deployment: it alone decides whether it is sealed, open again, or gone. */
@Controller()
export class MovingOperations {
  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(VAULT) private readonly vault: Vault,
    @Inject(PACKAGES) private readonly packages: PackageStore,
    @Inject(Observations) private readonly observations: Observations<UnitObservation>,
  ) {}

  @Operation(movable)
  async movable(request: OperationRequest<typeof movable>) {
    const { operator } = request.params;
    const { deployment } = request.body;
    const { state } = await this.#load(operator, deployment);
    if (!('order' in state)) return notFound();
    const { order, prepared, status } = state;
    const { lineage, application, version, digest, plan, environment } = order;
    const history = await this.aggregates.history(deploymentName(operator, deployment), { limit: WHOLE_HISTORY });
    const [{ names, identity }, app, seen] = await Promise.all([
      this.vault.openAll(
        {
          names: order.names,
          identity: identityIn(history.flatMap((stored) => eventsOf(deploymentAggregate, stored))),
        },
        operator,
      ),
      this.#package(digest),
      this.observations.of(environment),
    ]);
    return done({
      ...{ deployment, lineage, application, version, digest, plan, status, environment },
      leftFor: state.status === 'left' ? state.to : null,
      host: prepared.host,
      epoch: prepared.epoch,
      names: names.map(({ purpose, id, name }) => ({ purpose, id, name: openedText(name) })),
      identity,
      sizeBytes: seen?.usage?.diskBytes ?? null,
      programs: neededPrograms(app, order.settings),
      hooks: hookNames(app),
    });
  }

  @Operation(sealDeployment)
  async seal(request: OperationRequest<typeof sealDeployment>) {
    const { departure } = request.body;
    const result = await this.#execute(request, { type: 'seal', departure });
    if (result.kind === 'refused') return refusedWith(result.findings);
    const { state } = await this.#load(request.params.operator, request.body.deployment);
    if (!('order' in state)) return notFound();
    const { epoch } = state.prepared;
    return answer(result, ({ version }) => ({ revision: version, epoch, configuration: configurationOf(state) }));
  }

  @Operation(reopenDeployment)
  async reopen(request: OperationRequest<typeof reopenDeployment>) {
    const { departure } = request.body;
    return answer(await this.#execute(request, { type: 'reopen', departure }), () => ({}));
  }

  @Operation(leaveDeployment)
  async leave(request: OperationRequest<typeof leaveDeployment>) {
    const { departure, to } = request.body;
    const result = await this.#execute(request, { type: 'leave', departure, to });
    return answer(result, ({ version, position, state }) => ({
      revision: version,
      epoch: state.status === 'left' ? state.epoch : 0,
      position: position ?? NOWHERE,
    }));
  }

  @Operation(takeBackDeployment)
  async takeBack(request: OperationRequest<typeof takeBackDeployment>) {
    const { departure, epoch } = request.body;
    return answer(await this.#execute(request, { type: 'take-back', departure, epoch }), () => ({}));
  }

  @Operation(arrivingConfiguration)
  async arriving(request: OperationRequest<typeof arrivingConfiguration>) {
    const { state, version } = await this.#load(request.params.operator, request.body.deployment);
    if (!('order' in state)) return refusedWith([orderAlreadyUndone]);
    if (state.prepared.secrets === null) return refusedWith([secretsMissing]);
    return done({ revision: version, configuration: configurationOf(state) });
  }

  async #package(digest: string): Promise<ApplicationPackage> {
    const app = await this.packages.get(digest);
    if (app === null) throw new Unavailable('the package of this release');
    return app;
  }

  #load(operator: string, deployment: string) {
    return this.aggregates.load(deploymentAggregate, deploymentName(operator, deployment), { confirmed: true });
  }

  #execute(
    request: OperationRequest<
      typeof sealDeployment | typeof reopenDeployment | typeof leaveDeployment | typeof takeBackDeployment
    >,
    command: DeploymentCommand,
  ) {
    return this.aggregates.execute({
      definition: deploymentAggregate,
      name: deploymentName(request.params.operator, request.body.deployment),
      command,
      ...commandOptions(request),
    });
  }
}
