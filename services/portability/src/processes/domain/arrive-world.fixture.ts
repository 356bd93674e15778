import { ArrivalErrand } from '@freehold/portability-contract';
import type { WorldOutcome } from '@freehold/process/laws';
import { errandOf, type Said } from './errands.fixture.js';
import { handover, reopened, seal } from '../../departure/domain/departure.fixture.js';
import type { DepartureCommand } from '../../departure/domain/departure.commands.js';
import { SourceCell } from './source-cell.fixture.js';
import { TargetCell } from './target-cell.fixture.js';

/** More questions than any errand has. */
const MANY = 50;

/** A source whose process is done at once. */
export class PromptSource extends SourceCell {
  hear(command: DepartureCommand | null): Said {
    const findings = command === null ? [] : this.departure.execute(command);
    this.#depart();
    this.reconcile();
    this.observe();
    return findings.length > 0 ? { kind: 'refused', findings } : { kind: 'standing', standing: this.standing() };
  }

  #depart(): void {
    const { deployment, departure, environment, known } = this;
    const of = known.bound === null ? '' : handover.payload.departure;
    if (known.status === 'sealing') {
      deployment.execute({ type: 'seal', departure: of });
      environment.execute({ type: 'desire', revision: deployment.version, epoch: 1, want: 'stopped' });
      departure.execute({ type: 'publish-seal', seal });
    }
    if (known.status === 'leaving') {
      deployment.execute({ type: 'leave', departure: of, to: handover.payload.to.provider });
      departure.execute({ type: 'hand-over', handover });
    }
    if (known.status === 'reopening') {
      deployment.execute({ type: 'reopen', departure: of });
      departure.execute({ type: 'record-reopened', reopened: known.seal === null ? null : reopened });
    }
    if (known.status === 'returned') deployment.execute({ type: 'take-back', departure: of, epoch: 3 });
  }
}

/** The target alone, its agent and reconciler prompt, with a source that does at once what it is asked. */
export class ArriveWorld extends TargetCell {
  readonly source = new PromptSource();

  protected canFetch(): boolean {
    return this.source.standing().status === 'bound' || this.source.standing().seal !== null;
  }

  protected override things(): readonly string[] {
    return [...super.things(), ...(this.source.isLive() ? ['live at the source'] : [])];
  }

  protected override afterwards(): void {
    this.reconcile();
    this.observe();
  }

  protected override job(body: object, commandId: string): WorldOutcome {
    const courier = ArrivalErrand.safeParse({ ...body, id: commandId });
    if (!courier.success) return super.job(body, commandId);
    const errand = errandOf(courier.data.task, (given) => this.sign(given));
    let step = errand.next();
    for (let question = 0; step.done !== true && question < MANY; question += 1) {
      step = errand.next(this.source.hear(step.value));
    }
    if (step.done === true) this.hear(commandId, step.value);
    return { kind: 'succeeded', reply: null };
  }
}
