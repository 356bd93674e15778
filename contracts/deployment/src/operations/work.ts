import { processOperations } from '@freehold/kernel';

/** Orders and retirements: followed, and helped when they are stuck. */
export const { processes, followProcess, workList, unfinishedWork, retryWork, continueWork, undoWork } =
  processOperations('deployment', {
    collection: 'processes',
    work: '/v1/work',
  });
