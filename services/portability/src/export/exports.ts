import type { AggregateStore, ExecuteResult } from '@freehold/log';
import { AGGREGATES, commandOptions, type OperationRequest } from '@freehold/platform';
import { Inject, Injectable } from '@nestjs/common';
import { exportAggregate, exportName } from '../aggregates.js';
import type { Export, ExportCommand, Known } from './domain/export.js';

export interface ExportPlace {
  operator: string;
  export: string;
}

/** Exports, loaded and decided upon. */
@Injectable()
export class Exports {
  constructor(@Inject(AGGREGATES) private readonly aggregates: AggregateStore) {}

  /** Null: nobody has asked for it. */
  async load({ operator, export: id }: ExportPlace): Promise<Known | null> {
    const { state } = await this.aggregates.load(exportAggregate, exportName(operator, id), { confirmed: true });
    return 'requested' in state ? state : null;
  }

  execute(request: OperationRequest, place: ExportPlace, command: ExportCommand): Promise<ExecuteResult<Export>> {
    return this.aggregates.execute({
      definition: exportAggregate,
      name: exportName(place.operator, place.export),
      command,
      ...commandOptions(request),
    });
  }
}
