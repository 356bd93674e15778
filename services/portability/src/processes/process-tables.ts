import type { ProcessTable } from '@freehold/process';
import { arriveProcess } from './domain/arrive.process.js';
import { departProcess } from './domain/depart.process.js';
import { exportProcess } from './domain/export.process.js';

/** Every definition that may still be under way. */
export const PROCESS_TABLES: readonly ProcessTable[] = [departProcess, arriveProcess, exportProcess];
