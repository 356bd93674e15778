/**
 * Turns a deployment's state into its environment's desired state: live → running, suspended → stopped, with the
 * settings as they are now. It has no input but the aggregate; its command's id follows from the aggregate's version, so
 * a repeat after a crash is the same command, and the environment passes over what is older than it knows.
 */
import type { StoredCommit } from '@freehold/kernel';
import { type AggregateStore, aggregateFilter, parseSubject } from '@freehold/log';
import { AGGREGATES, derivedId, Follower, OperationClient, processPrincipal, Unavailable } from '@freehold/platform';
import { desireEnvironment } from '@freehold/provisioning-contract';
import { Controller, Inject } from '@nestjs/common';
import { deploymentAggregate } from '../aggregates.js';
import { desiredEnvironment } from '../deployment/domain/desired-environment.js';

/** Thrown when the environment will not have it: a bug, or something that staff must look at. */
class DesiredStateRefused extends Error {
  override readonly name = 'DesiredStateRefused';
  readonly hint = 'Look at the histories of the deployment and of its environment; then resume this follower.';

  constructor(deployment: string, codes: readonly string[]) {
    super(`the environment of ${deployment} refuses what is desired: ${codes.join(', ')}`);
  }
}

@Controller()
export class DeploymentDesiredReconciler {
  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(OperationClient) private readonly client: OperationClient,
  ) {}

  @Follower<DeploymentDesiredReconciler>({
    name: 'deployment-desired',
    filter: aggregateFilter('deployment', 'deployment'),
  })
  async follow(stored: StoredCommit): Promise<void> {
    const { subject, position, commit } = stored;
    const { state, version } = await this.aggregates.loadIncluding(deploymentAggregate, stored);
    const body = desiredEnvironment(state, version);
    if (body === null) return;
    const { id: deployment, operator } = parseSubject(subject);
    const commandId = derivedId(deployment, `desired/${version}`);
    const answered = await this.client.call(desireEnvironment, {
      params: { operator },
      body,
      principal: processPrincipal(operator, deployment),
      commandId,
      cause: `${position}/0`,
      correlation: commit.correlation,
    });
    if (answered.kind === 'failed') throw new Unavailable('provisioning');
    if (answered.kind === 'done' || answered.findings.some(({ code }) => code === 'environment-already-removed'))
      return;
    throw new DesiredStateRefused(
      deployment,
      answered.findings.map(({ code }) => code),
    );
  }
}
