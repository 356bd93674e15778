import { answer, notFound, Operation, type OperationRequest } from '@freehold/platform';
import { announceExport, lookAtExport, recordExportErased, undoExport } from '@freehold/portability-contract';
import { Controller, Inject } from '@nestjs/common';
import type { ExportCommand } from './domain/export.js';
import { Exports } from './exports.js';

const KEPT_MS = 7 * 24 * 3_600_000;

type Step = OperationRequest & { params: { operator: string }; body: { export: string } };

/** The commands of the process `export`. */
@Controller()
export class ExportStepOperations {
  constructor(@Inject(Exports) private readonly exports: Exports) {}

  @Operation(lookAtExport)
  async look(request: OperationRequest<typeof lookAtExport>) {
    return this.#record(request, { type: 'look' });
  }

  @Operation(undoExport)
  async undo(request: OperationRequest<typeof undoExport>) {
    return this.#record(request, { type: 'undo' });
  }

  @Operation(announceExport)
  async announce(request: OperationRequest<typeof announceExport>) {
    const { export: _export, ...bag } = request.body;
    const until = new Date(Date.now() + KEPT_MS).toISOString();
    const result = await this.exports.execute(request, placeOf(request), {
      type: 'announce',
      ready: { ...bag, until },
    });
    const known = await this.exports.load(placeOf(request));
    if (known === null) return notFound();
    return answer(result, () => ({ until: 'ready' in known ? known.ready.until : until }));
  }

  @Operation(recordExportErased)
  async erased(request: OperationRequest<typeof recordExportErased>) {
    return this.#record(request, { type: 'record-erased', at: new Date().toISOString() });
  }

  async #record(request: Step, command: ExportCommand) {
    return answer(await this.exports.execute(request, placeOf(request), command), () => ({}));
  }
}

const placeOf = ({ params: { operator }, body: { export: id } }: Step) => ({ operator, export: id });
