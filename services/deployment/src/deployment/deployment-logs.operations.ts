import { deploymentLogs } from '@freehold/deployment-contract';
import type { AggregateStore } from '@freehold/log';
import {
  AGGREGATES,
  CONFIGURATION,
  CurrentSigningKey,
  done,
  NATS_CONNECTION,
  notFound,
  Operation,
  type OperationRequest,
  processPrincipal,
  refusedWith,
  signPrincipal,
} from '@freehold/platform';
import { headers, type NatsConnection, RequestError, TimeoutError } from '@nats-io/transport-node';
import { Controller, Inject } from '@nestjs/common';
import { deploymentAggregate, deploymentName } from '../aggregates.js';
import type { DeploymentConfig } from '../deployment.config.js';
import { hostSilent } from './domain/deployment.findings.js';

const ANSWER_MS = 5_000;
/** An agent gives no more at once. */
const MOST_LINES = 1_000;

/** What an application wrote is on its host only: asked of the host's agent, `agent.<host>.logs`. */
@Controller()
export class DeploymentLogsOperations {
  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(NATS_CONNECTION) private readonly connection: NatsConnection,
    @Inject(CONFIGURATION) private readonly config: DeploymentConfig,
  ) {}

  @Operation(deploymentLogs)
  async logs(request: OperationRequest<typeof deploymentLogs>) {
    const { operator, deployment } = request.params;
    const { lines, cursor, wait } = request.body;
    const { state } = await this.aggregates.load(deploymentAggregate, deploymentName(operator, deployment), {
      confirmed: true,
    });
    if (state.status === 'none') return notFound();
    if (!('order' in state) || state.prepared.host === null) return refusedWith([hostSilent]);
    const { environment } = state.order;
    const body = {
      operator,
      environment,
      lines: Math.min(lines, MOST_LINES),
      wait,
      ...(cursor === undefined ? {} : { cursor }),
    };
    const signed = headers();
    const { key } = new CurrentSigningKey(this.config, 'deployment');
    signed.set(
      'Freehold-Principal',
      await signPrincipal(key, 'deployment', processPrincipal(operator, request.commandId)),
    );
    const timeout = wait * 1_000 + ANSWER_MS;
    const subject = `agent.${state.prepared.host}.logs`;
    const answered = await this.connection
      .request(subject, JSON.stringify(body), { timeout, headers: signed })
      .catch((error: unknown) => {
        if (error instanceof RequestError || error instanceof TimeoutError) return null;
        throw error;
      });
    const reply = deploymentLogs.reply.safeParse(answered?.json());
    return reply.success ? done(reply.data) : refusedWith([hostSilent]);
  }
}
