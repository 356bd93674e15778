import { answer, done, notFound, Operation, type OperationRequest, refusedWith } from '@freehold/platform';
import {
  expectOpened,
  expectTenure,
  handOver,
  publishSeal,
  recordErased,
  recordHomeAnswer,
  recordReopened,
  requireReturn,
} from '@freehold/portability-contract';
import { Controller, Inject } from '@nestjs/common';
import { Provider } from '../provider/provider.js';
import { Departures } from './departures.js';
import { notHandedOver } from './domain/departure.findings.js';
import type { DepartureCommand } from './domain/departure.commands.js';
import type { Known } from './domain/departure.js';

type Step = OperationRequest & { params: { operator: string }; body: { departure: string } };

/** The commands of the process `depart`: what it reached is recorded, and signed where the target has to believe it. */
@Controller()
export class DepartureStepOperations {
  constructor(
    @Inject(Departures) private readonly departures: Departures,
    @Inject(Provider) private readonly provider: Provider,
  ) {}

  @Operation(publishSeal)
  async publish(request: OperationRequest<typeof publishSeal>) {
    const found = await this.departures.load(placeOf(request));
    if (found === null) return notFound();
    const { epoch, position, tagManifestSha256, payloadBytes, payloadFiles } = request.body;
    const deadline = new Date(Date.now() + this.provider.sealMs).toISOString();
    const seal = this.provider.sign('seal', {
      ...this.#tenure(request, found.state, epoch),
      ...{ tagManifestSha256, payloadBytes, payloadFiles, position, deadline },
    });
    return this.#record(request, { type: 'publish-seal', seal });
  }

  @Operation(expectTenure)
  async expectTenure(request: OperationRequest<typeof expectTenure>) {
    return this.#record(request, { type: 'expect-tenure' });
  }

  /** A seal that was never published has said nothing that must be taken back. */
  @Operation(recordReopened)
  async reopened(request: OperationRequest<typeof recordReopened>) {
    const found = await this.departures.load(placeOf(request));
    if (found === null) return done({});
    const { seal } = found.state;
    const at = new Date().toISOString();
    const reopened =
      seal === null
        ? null
        : this.provider.sign('reopened', {
            ...this.#tenure(request, found.state, seal.payload.epoch),
            ...{ position: seal.payload.position, at },
          });
    return this.#record(request, { type: 'record-reopened', reopened });
  }

  @Operation(handOver)
  async handOver(request: OperationRequest<typeof handOver>) {
    const found = await this.departures.load(placeOf(request));
    const { bound = null, way = null } = found?.state ?? {};
    if (found === null || bound === null || way === null) return notFound();
    const { epoch, position } = request.body;
    const handover = this.provider.sign('handover', {
      ...this.#tenure(request, found.state, epoch),
      ...{ to: bound.by, position, at: new Date().toISOString() },
    });
    const result = await this.departures.execute(request, placeOf(request), { type: 'hand-over', handover });
    return answer(result, () => ({ ...way, to: bound.by.provider }));
  }

  @Operation(expectOpened)
  async expectOpened(request: OperationRequest<typeof expectOpened>) {
    return this.#record(request, { type: 'expect-opened' });
  }

  @Operation(requireReturn)
  async requireReturn(request: OperationRequest<typeof requireReturn>) {
    return this.#record(request, { type: 'require-return' });
  }

  @Operation(recordHomeAnswer)
  async homeAnswered(request: OperationRequest<typeof recordHomeAnswer>) {
    const { job, redirected } = request.body;
    return this.#record(request, { type: 'record-home-answer', job, redirected });
  }

  @Operation(recordErased)
  async erased(request: OperationRequest<typeof recordErased>) {
    const found = await this.departures.load(placeOf(request));
    const handover = found?.state.handover?.payload;
    if (handover === undefined) return refusedWith([notHandedOver]);
    const { lineage, epoch, to } = handover;
    const at = new Date().toISOString();
    return this.#record(request, { type: 'record-erased', at, lineage, epoch, to: to.provider });
  }

  async #record(request: Step, command: DepartureCommand) {
    return answer(await this.departures.execute(request, placeOf(request), command), () => ({}));
  }

  #tenure(request: Step, { grant }: Known, epoch: number) {
    const { departure } = request.body;
    return { source: this.provider.origin, departure, deployment: grant.deployment, lineage: grant.lineage, epoch };
  }
}

const placeOf = ({ params: { operator }, body: { departure } }: Step) => ({ operator, departure });
