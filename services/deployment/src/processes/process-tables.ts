import type { ProcessTable } from '@freehold/process';
import { orderDeploymentProcess } from './domain/order-deployment.process.js';
import { retireDeploymentProcess } from './domain/retire-deployment.process.js';

/** Every definition that may still be under way. */
export const PROCESS_TABLES: readonly ProcessTable[] = [orderDeploymentProcess, retireDeploymentProcess];

/** The table by which a process of this kind and definition is shown: the newest, when the one it began on is gone. */
export const tableOf = (kind: string, definition: number): ProcessTable | undefined =>
  PROCESS_TABLES.find((table) => table.kind === kind && table.definition === definition) ??
  PROCESS_TABLES.find((table) => table.kind === kind);
