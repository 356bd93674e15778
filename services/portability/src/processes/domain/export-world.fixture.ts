import * as portability from '@freehold/portability-contract';
import type { WorldOutcome } from '@freehold/process/laws';
import { id, LATE, seal } from '../../departure/domain/departure.fixture.js';
import { type Export, type ExportCommand, exportDecider } from '../../export/domain/export.js';
import { Aggregate, answered, HOST, LINEAGE, on } from './cell.fixture.js';
import { departInput, SourceCell } from './source-cell.fixture.js';

const { deployment, environment, epoch, release } = departInput;
const EXPORT = id(8);
const requested = { deployment, lineage: LINEAGE, environment, host: HOST, recipient: 'age1recipient' };
export const exportInput = { export: EXPORT, ...requested, epoch, release, quiesces: false };

/** The source's cell, of whose deployment a copy was asked for; its agent and its reconciler are prompt. */
export class ExportWorld extends SourceCell {
  readonly copy: Aggregate<Export, ExportCommand, portability.ExportEvent>;

  constructor() {
    super();
    this.copy = new Aggregate(exportDecider, this.named('portability', 'export', EXPORT), this.events);
    this.copy.execute({ type: 'request', requested });
  }

  protected override afterwards(): void {
    this.reconcile();
    this.observe();
  }

  /** What its operator could fetch, or has been told of it. */
  protected override things(): readonly string[] {
    const { status } = this.copy.state;
    return status === 'ready' || status === 'erased' ? [`bag ${status}`] : [];
  }

  protected override handlers() {
    const told = (command: ExportCommand): WorldOutcome => answered(this.copy.execute(command));
    const { tagManifestSha256, payloadBytes, payloadFiles } = seal.payload;
    const ready = { tagManifestSha256, payloadBytes, payloadFiles, until: LATE };
    return [
      ...super.handlers(),
      on(portability.lookAtExport, () => told({ type: 'look' })),
      on(portability.undoExport, () => told({ type: 'undo' })),
      on(portability.announceExport, () => answered(this.copy.execute({ type: 'announce', ready }), { until: LATE })),
      on(portability.recordExportErased, () => told({ type: 'record-erased', at: LATE })),
    ];
  }
}
