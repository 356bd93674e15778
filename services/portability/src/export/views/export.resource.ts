import type { ReplyOf } from '@freehold/kernel';
import { derivedId, type Resource } from '@freehold/platform';
import type { exportsMade } from '@freehold/portability-contract';
import { Injectable } from '@nestjs/common';
import { exportProjection, type ExportRow, exportView } from './export.view.js';

type Recorded = ReplyOf<typeof exportsMade.get>['recorded'];

/** The process that every export has: one, whatever is repeated, because its id follows from the export's. */
export const exportProcessId = (id: string): string => derivedId(id, 'make-export');

export function exportRecorded({ id, state }: ExportRow, operator: string): Recorded {
  const { deployment, lineage, recipient } = state.requested;
  const { until = null, ...bag } = 'ready' in state ? state.ready : {};
  return {
    ...{ id, operator, process: exportProcessId(id), deployment, lineage, recipient },
    ...{ status: state.status, bag: 'payloadBytes' in bag ? bag : null, until },
  };
}

/** An export as its operator sees it. */
@Injectable()
export class ExportResource implements Resource<ExportRow, Recorded, null> {
  readonly view = exportView;
  readonly projection = exportProjection;
  readonly recorded = exportRecorded;

  observed(): Promise<null> {
    return Promise.resolve(null);
  }
}
