import { movable } from '@freehold/deployment-contract';
import type { AggregateStore } from '@freehold/log';
import {
  AGGREGATES,
  answer,
  commandMeta,
  type Failed,
  Operation,
  OperationClient,
  type OperationRequest,
  processPrincipal,
  type Refused,
  refusedWith,
} from '@freehold/platform';
import { beginExport } from '@freehold/portability-contract';
import { processDefinition } from '@freehold/process';
import { sealFor } from '@freehold/vault';
import { Controller, Inject } from '@nestjs/common';
import { processName } from '../aggregates.js';
import { whyNotMovable } from '../provider/not-to-be-moved.js';
import { exportProcess } from '../processes/domain/export.process.js';
import { deploymentUnknown, notLive, recipientUnreadable } from './domain/export.findings.js';
import { Exports } from './exports.js';
import { exportProcessId } from './views/export.resource.js';

/** An operator takes a copy of a deployment home. */
@Controller()
export class ExportOperations {
  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(Exports) private readonly exports: Exports,
    @Inject(OperationClient) private readonly client: OperationClient,
  ) {}

  @Operation(beginExport)
  async begin(request: OperationRequest<typeof beginExport>) {
    const { operator } = request.params;
    const { deployment } = request.body;
    const id = request.newId('export');
    const process = exportProcessId(id);
    if ((await this.#process(operator, process)).version === 0) {
      const refused = await this.#request(request, id);
      if (refused !== null) return refused;
    }
    const { position, version } = await this.#process(operator, process);
    const location = `/v1/operators/${operator}/moves/${process}`;
    return {
      ...{ kind: 'done' as const, position, etag: version, location },
      reply: { id, export: id, process, deployment, position, version },
    };
  }

  /** Requested, and begun: null. A crash between the two: the same command again finds what was requested. */
  async #request(request: OperationRequest<typeof beginExport>, id: string): Promise<Refused | Failed | null> {
    const { operator } = request.params;
    const { deployment, recipient } = request.body;
    const [isReadable, shown] = await Promise.all([
      canSealFor(recipient),
      this.client.call(movable, {
        params: { operator },
        body: { deployment },
        principal: processPrincipal(operator, id),
      }),
    ]);
    if (shown.kind === 'failed') return shown;
    const found = shown.kind === 'done' ? shown.reply : null;
    const { host = null, lineage = '', environment = '', application = '', version = '', digest = '' } = found ?? {};
    const findings = [
      ...(isReadable ? [] : [recipientUnreadable]),
      ...(found === null ? [deploymentUnknown] : found.status === 'live' ? [] : [whyNotMovable(found, notLive)]),
    ];
    if (findings.length > 0 || found === null || host === null)
      return refusedWith(findings.length > 0 ? findings : [notLive]);
    const requested = { deployment, lineage, environment, host, recipient };
    const place = { operator, export: id };
    const result = await this.exports.execute(request, place, { type: 'request', requested });
    const answered = answer(result, () => ({}));
    if (answered.kind === 'refused') return answered;
    await this.aggregates.execute({
      definition: processDefinition(exportProcess),
      name: processName(exportProcess.kind, operator, exportProcessId(id)),
      command: {
        type: 'begin',
        input: {
          ...{ export: id, ...requested, epoch: found.epoch, release: { application, version, digest } },
          quiesces: found.hooks.includes('quiesce'),
        },
        at: new Date().toISOString(),
      },
      meta: { ...commandMeta(request), commandId: exportProcessId(id) },
    });
    return null;
  }

  #process(operator: string, process: string) {
    const name = processName(exportProcess.kind, operator, process);
    return this.aggregates.load(processDefinition(exportProcess), name, { confirmed: true });
  }
}

/** A recipient has a checksum, which only age itself knows. */
const canSealFor = (recipient: string): Promise<boolean> =>
  sealFor(recipient, null).then(
    () => true,
    () => false,
  );
