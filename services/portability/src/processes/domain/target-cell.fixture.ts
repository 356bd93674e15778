/** The target: an arrival has been accepted there, and nothing else exists yet. */
import type { Job } from '@freehold/deployment-contract';
import * as deployments from '@freehold/deployment-contract';
import type { ArrivalEvent } from '@freehold/portability-contract';
import * as portability from '@freehold/portability-contract';
import type { Json } from '@freehold/process';
import type { WorldOutcome } from '@freehold/process/laws';
import { reclaimNames, requestEnvironment } from '@freehold/provisioning-contract';
import { type Arrival, type ArrivalCommand, arrivalDecider } from '../../arrival/domain/arrival.js';
import { comparisonOf } from '../../arrival/domain/comparison.js';
import { verification } from '../../arrival/domain/verification.fixture.js';
import { DEPARTURE, id, returnOf, SOURCE } from '../../departure/domain/departure.fixture.js';
import type { SignedHandover, SignedReturn } from '../../departure/domain/departure.js';
import type { ArriveInput } from './arrive.process.js';
import { Aggregate, answered, Cell, CONFIGURATION, HOST, LINEAGE, NAMES, on, OPERATOR } from './cell.fixture.js';
import type { End } from './errands.fixture.js';
import { finding } from './findings.fixture.js';

export const ARRIVAL = id(7);
export const arriveInput = {
  ...{ arrival: ARRIVAL, deployment: id(13), environment: id(12), lineage: LINEAGE, epoch: 2 },
  ...{ application: 'radicale', version: '3.9.0', digest: 'd', plan: 'basic' },
  rule: { kind: 'this-host', host: HOST },
  amounts: { memoryBytes: 1, cpuMillis: 1, diskBytes: 1 },
  names: NAMES.map((name, index) => ({
    ...{ purpose: `purpose ${index}`, id: name, via: SOURCE },
    name: { $enciphered: OPERATOR, place: `${OPERATOR}/deployment.name`, iv: '', data: '' },
  })),
  closes: true,
} satisfies ArriveInput;

const RESTORED = { report: null, differences: [], identity: null, fetchedFiles: 1, fetchedBytes: 1 };

export abstract class TargetCell extends Cell {
  readonly arrival: Aggregate<Arrival, ArrivalCommand, ArrivalEvent>;

  /** @param hook whether the package wants something done after its restore */
  constructor(private readonly hook: 'none' | 'due' = 'none') {
    super({ deployment: arriveInput.deployment, environment: arriveInput.environment });
    this.arrival = new Aggregate(arrivalDecider, this.named('portability', 'arrival', ARRIVAL), this.events);
    const { deployment, environment, lineage, application, version } = arriveInput;
    this.arrival.execute({
      type: 'accept',
      accepted: {
        ...{
          source: { provider: SOURCE, kid: 'k'.repeat(43) },
          departure: DEPARTURE,
          move: 'a.b',
          nonce: 'n',
          epoch: 1,
        },
        ...{ deployment, environment, lineage, application, version, identity: null },
      },
    });
  }

  /** Whether the source still lets its state be fetched. */
  protected abstract canFetch(): boolean;

  /** Signs a return, unless it is live here. */
  sign(handover: SignedHandover): SignedReturn | null {
    const signed = returnOf({ epoch: handover.payload.epoch + 1 });
    if (this.arrival.execute({ type: 'return', return: signed }).length > 0) return null;
    return this.arrival.state.status === 'returned' ? this.arrival.state.returned : null;
  }

  /** What the courier says in the end. */
  hear(job: string, end: End): void {
    this.arrival.execute(
      end.kind === 'answered'
        ? { type: 'record-answer', job, answer: end.answer }
        : { type: 'record-failure', job, findings: [...end.findings] },
    );
  }

  protected things(): readonly string[] {
    const { status } = this.arrival.state;
    return status === 'completed' ? [`arrival ${status}`] : [];
  }

  protected work({ work }: Job): Json | undefined {
    const { desired, isPlaced } = this.environment.state;
    if (work.kind === 'erase-move') this.hasFolder = false;
    if (work.kind === 'erase-move' || work.kind === 'prepare-release') return null;
    if (work.kind === 'run-hook') return this.hook === 'due' && this.actual === 'closed' ? null : undefined;
    if (!this.canFetch() || !isPlaced || desired?.want === 'absent') return undefined;
    if (work.kind === 'copy-state') this.hasFolder = true;
    if (work.kind === 'copy-state') return { rounds: [], small: true };
    if (work.kind !== 'restore-state' || !this.claims.secrets.take()) return undefined;
    if (this.deployment.execute({ type: 'receive-documents' }).length > 0) return undefined;
    this.hasState = true;
    return { ...RESTORED, afterRestore: this.hook };
  }

  protected handlers() {
    const { arrival, deployment, environment } = this;
    const told = (command: ArrivalCommand): WorldOutcome => answered(arrival.execute(command));
    return [
      on(deployments.createDeployment, ({ deployment: _id, ...order }) =>
        answered(deployment.execute({ type: 'order', order })),
      ),
      on(deployments.undoOrder, () => answered(deployment.execute({ type: 'undo-order' }))),
      on(deployments.bindResources, () => answered(deployment.execute({ type: 'bind-resources' }))),
      on(deployments.arrivingConfiguration, () =>
        deployment.state.hasDocuments
          ? answered([], { revision: deployment.version, configuration: CONFIGURATION })
          : answered([finding('secrets-missing')]),
      ),
      on(deployments.takeTenure, ({ epoch }) => {
        const findings = deployment.execute({ type: 'take-tenure', epoch });
        return answered(findings, { revision: deployment.version });
      }),
      on(deployments.recordLive, () => answered(deployment.execute({ type: 'record-live' }))),
      on(requestEnvironment, ({ environment: of, ...place }) =>
        answered(environment.execute({ type: 'request', ...place }), { environment: of }),
      ),
      on(reclaimNames, () => answered([])),
      on(portability.beginArrival, () => told({ type: 'begin' })),
      on(portability.verifyArrival, ({ restored, identity, closed }) =>
        told(verification(comparisonOf(restored, identity, { checked: closed }))),
      ),
      on(portability.completeArrival, () => told({ type: 'complete' })),
      on(portability.abandonArrival, () => told({ type: 'abandon' })),
    ];
  }
}
