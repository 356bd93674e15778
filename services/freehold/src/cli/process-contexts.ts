import { continueWork, followProcess, processes, retryWork, undoWork, workList } from '@freehold/deployment-contract';
import type { ProcessOperations } from '@freehold/kernel';
import { continueMove, followMove, moveProcesses, moveWork, retryMove, undoMove } from '@freehold/portability-contract';

/** The contexts whose processes people follow and help: each at its own operations. */
export const PROCESS_CONTEXTS: readonly Omit<ProcessOperations, 'unfinishedWork'>[] = [
  { processes, followProcess, workList, retryWork, continueWork, undoWork },
  {
    processes: moveProcesses,
    followProcess: followMove,
    workList: moveWork,
    retryWork: retryMove,
    continueWork: continueMove,
    undoWork: undoMove,
  },
];
