import type { ProcessTable } from '@freehold/process';
import { orderDeploymentProcess } from './domain/order-deployment.process.js';
import { retireDeploymentProcess } from './domain/retire-deployment.process.js';

/** Every definition that may still be under way. */
export const PROCESS_TABLES: readonly ProcessTable[] = [orderDeploymentProcess, retireDeploymentProcess];
