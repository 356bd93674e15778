/** The source: a deployment lives there, and a departure of it has been asked to seal. */
import type { Job } from '@freehold/deployment-contract';
import * as deployments from '@freehold/deployment-contract';
import type { DepartureEvent, DepartureStanding } from '@freehold/portability-contract';
import * as portability from '@freehold/portability-contract';
import type { Json } from '@freehold/process';
import type { WorldOutcome } from '@freehold/process/laws';
import { delegateNames } from '@freehold/provisioning-contract';
import { departureDecider } from '../../departure/domain/departure.decide.js';
import type { DepartureCommand } from '../../departure/domain/departure.commands.js';
import type { Departure, Known } from '../../departure/domain/departure.js';
import {
  ask,
  DEPARTURE,
  handover,
  id,
  LATE,
  reopened,
  seal,
  TARGET,
} from '../../departure/domain/departure.fixture.js';
import { standingOf } from '../../departure/domain/standing.js';
import { Aggregate, answered, Cell, HOST, LINEAGE, NAMES, on } from './cell.fixture.js';
import { finding } from './findings.fixture.js';

export const departInput = {
  departure: DEPARTURE,
  deployment: id(3),
  environment: id(2),
  lineage: LINEAGE,
  host: HOST,
  epoch: 1,
  release: { application: 'radicale', version: '3.9.0', digest: 'd' },
  names: NAMES.map((name) => ({ id: name, home: null })),
  to: { provider: TARGET.provider, recipient: 'age1recipient' },
  keptMs: 1_000,
  position: '1:41' as const,
  quiesces: false,
};

export class SourceCell extends Cell {
  readonly departure: Aggregate<Departure, DepartureCommand, DepartureEvent>;

  constructor() {
    super({ deployment: departInput.deployment, environment: departInput.environment });
    const { claims, deployment, environment } = this;
    this.departure = new Aggregate(departureDecider, this.named('portability', 'departure', DEPARTURE), this.events);
    for (const claim of Object.values(claims)) claim.take();
    deployment.execute({ type: 'order', order: AN_ORDER });
    for (const type of ['bind-resources', 'receive-documents'] as const) deployment.execute({ type });
    deployment.execute({ type: 'record-job', job: id(6), work: 'prepare-release', result: null });
    deployment.execute({ type: 'take-tenure', epoch: 1 });
    deployment.execute({ type: 'record-live' });
    const amounts = { memoryBytes: 1, cpuMillis: 1, diskBytes: 1 };
    environment.execute({ type: 'request', deployment: departInput.deployment, host: HOST, amounts });
    this.reconcile();
    this.observe();
    this.hasState = true;
    for (const asked of [ask.grant, ask.bind]) this.departure.execute(asked);
  }

  get known(): Known {
    if (this.departure.state.status === 'none') throw new Error('it was granted');
    return this.departure.state;
  }

  standing(): DepartureStanding {
    return standingOf(this.known);
  }

  protected things(): readonly string[] {
    return [];
  }

  protected work({ work }: Job): Json | undefined {
    if (work.kind === 'erase-move') {
      this.hasFolder = false;
      return null;
    }
    if (work.kind === 'run-hook') return this.actual === 'running' ? null : undefined;
    if (work.kind !== 'capture-state') return undefined;
    const { desired } = this.environment.state;
    const isStopped = desired?.want === 'stopped' && this.actual === 'stopped' && desired.generation >= work.generation;
    if (!isStopped) return undefined;
    this.hasFolder = true;
    const { tagManifestSha256, payloadBytes, payloadFiles } = seal.payload;
    return { tagManifestSha256, payloadBytes, payloadFiles, report: null };
  }

  protected handlers() {
    const { departure, deployment } = this;
    const told = (command: DepartureCommand): WorldOutcome => answered(departure.execute(command));
    return [
      on(portability.expectTenure, () => told({ type: 'expect-tenure' })),
      on(portability.publishSeal, () => told({ type: 'publish-seal', seal })),
      on(portability.recordReopened, () =>
        told({ type: 'record-reopened', reopened: this.known.seal === null ? null : reopened }),
      ),
      on(portability.handOver, ({ epoch, position }) => {
        const { way, bound } = this.known;
        if (way === null || bound === null) return answered([finding('not-found')]);
        const signed = { ...handover, payload: { ...handover.payload, epoch, position } };
        return answered(departure.execute({ type: 'hand-over', handover: signed }), { ...way, to: bound.by.provider });
      }),
      on(portability.expectOpened, () => told({ type: 'expect-opened' })),
      on(portability.requireReturn, () => told({ type: 'require-return' })),
      on(portability.recordErased, () =>
        told({ type: 'record-erased', at: LATE, lineage: LINEAGE, epoch: 2, to: TARGET.provider }),
      ),
      on(deployments.reopenDeployment, ({ departure: of }) =>
        answered(deployment.execute({ type: 'reopen', departure: of })),
      ),
      on(deployments.leaveDeployment, ({ departure: of, to }) => {
        const findings = deployment.execute({ type: 'leave', departure: of, to });
        const { leftEpoch } = deployment.state;
        return answered(findings, { revision: deployment.version, epoch: leftEpoch, position: '1:44' });
      }),
      on(deployments.takeBackDeployment, ({ departure: of, epoch }) =>
        answered(deployment.execute({ type: 'take-back', departure: of, epoch })),
      ),
      on(delegateNames, ({ names }) => {
        for (const name of names) this.nameOf(name).giveBack();
        return answered([]);
      }),
    ];
  }
}

const AN_ORDER = {
  ...{ lineage: LINEAGE, application: 'radicale', version: '3.9.0', digest: 'd', plan: 'basic' },
  ...{ environment: departInput.environment, names: [], settings: {}, secretSettings: [] },
};
