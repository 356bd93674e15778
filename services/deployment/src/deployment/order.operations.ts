import { orderDeployment, retireDeployment } from '@freehold/deployment-contract';
import type { AggregateStore } from '@freehold/log';
import {
  AGGREGATES,
  answer,
  commandMeta,
  notFound,
  Operation,
  type OperationRequest,
  preconditionFailed,
  refusedWith,
} from '@freehold/platform';
import { processDefinition, type ProcessTable } from '@freehold/process';
import { Controller, Inject } from '@nestjs/common';
import { deploymentAggregate, deploymentName, processName } from '../aggregates.js';
import { orderDeploymentProcess } from '../processes/domain/order-deployment.process.js';
import { retireDeploymentProcess } from '../processes/domain/retire-deployment.process.js';
import { OrderBorder } from './border/order.border.js';
import { notLive } from './domain/deployment.findings.js';

/** How long a retired deployment's data are kept, unless erased at once. */
const KEPT_MS = 30 * 24 * 3_600_000;

interface Begin {
  table: ProcessTable;
  operator: string;
  deployment: string;
  input: unknown;
}

/** What takes long: an order and a retirement each begin a process, and answer where it is followed. */
@Controller()
export class OrderOperations {
  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(OrderBorder) private readonly border: OrderBorder,
  ) {}

  @Operation(orderDeployment)
  async order(request: OperationRequest<typeof orderDeployment>) {
    const { operator } = request.params;
    const ids = {
      process: request.newId('process'),
      deployment: request.newId('deployment'),
      environment: request.newId('environment'),
      lineage: request.newId('lineage'),
    };
    const begin = { table: orderDeploymentProcess, operator, deployment: ids.deployment };
    if (await this.#hasBegun(request, begin)) return this.#begin(request, { ...begin, input: null });
    const judged = await this.border.judge({ operator, ids, body: request.body });
    return judged.kind === 'accepted' ? this.#begin(request, { ...begin, input: judged.input }) : judged;
  }

  @Operation(retireDeployment)
  async retire(request: OperationRequest<typeof retireDeployment>) {
    const { operator, deployment } = request.params;
    const begin = { table: retireDeploymentProcess, operator, deployment };
    if (await this.#hasBegun(request, begin)) return this.#begin(request, { ...begin, input: null });
    const name = deploymentName(operator, deployment);
    const { state, version } = await this.aggregates.load(deploymentAggregate, name, { confirmed: true });
    if (state.status === 'none') return notFound();
    if (request.ifMatch !== null && request.ifMatch !== version) return preconditionFailed(version);
    if (state.status !== 'live' && state.status !== 'suspended') return refusedWith([notLive]);
    const { order, prepared } = state;
    const eraseAt = new Date(Date.now() + (request.body.now ? 0 : KEPT_MS)).toISOString();
    const { lineage, environment } = order;
    const input = {
      deployment,
      lineage,
      environment,
      host: prepared.host ?? '',
      names: order.names.map(({ id }) => id),
      eraseAt,
    };
    return this.#begin(request, { ...begin, input });
  }

  /** The same command again is answered from its process, whatever has become of everything else. */
  async #hasBegun(request: OperationRequest, { table, operator }: Omit<Begin, 'input'>): Promise<boolean> {
    const name = processName(table.kind, operator, request.newId('process'));
    const { version } = await this.aggregates.load(processDefinition(table), name, { confirmed: true });
    return version > 0;
  }

  async #begin(request: OperationRequest, { table, operator, deployment, input }: Begin) {
    const process = request.newId('process');
    const result = await this.aggregates.execute({
      definition: processDefinition(table),
      name: processName(table.kind, operator, process),
      command: { type: 'begin', input, at: new Date().toISOString() },
      meta: commandMeta(request),
    });
    return answer(
      result,
      ({ position, version }) => ({ id: process, position, version, process, deployment }),
      () => `/v1/operators/${operator}/processes/${process}`,
    );
  }
}
