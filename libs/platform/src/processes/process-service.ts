/**
 * What a context needs to have processes: who drives them, what they are shown by, and the queue of jobs. The tables say
 * everything else (@freehold/process).
 */
import type { ContextName, ProcessOperations } from '@freehold/kernel';
import type { ProcessTable } from '@freehold/process';
import type { Provider } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import { replayable, type Replayable } from '../resources/replayable.js';
import { NATS_CONNECTION } from '../service/service.module.js';
import { Jobs } from './jobs.js';
import { processFollower } from './process.follower.js';
import { processController, processHelpController } from './process.operations.js';

import { processView, recordedOf } from './process.view.js';
import { unfinishedWorkController } from './unfinished-work.operations.js';

/**
 * @param tables every definition that may still be under way, the newest of a kind first
 * @param view of the same tables (`@freehold/platform/process-view`); its `view` is one of the context's
 */
export function processService(
  context: ContextName,
  operations: ProcessOperations,
  tables: readonly ProcessTable[],
  view: ReturnType<typeof processView>,
) {
  const providers: Provider[] = [
    { provide: Jobs, inject: [NATS_CONNECTION], useFactory: (nats: NatsConnection) => new Jobs(nats) },
  ];
  return {
    controllers: [
      processController({ context, operations, tables, view }),
      processHelpController({ context, operations, tables }),
      unfinishedWorkController(operations, view),
      processFollower(context, tables),
    ],
    /** Besides {@link ACTIVITIES}, which the context provides. */
    providers,
  };
}

/** A context's processes as whoever has only the log tells them. */
export const replayableProcesses = (
  context: ContextName,
  processes: ProcessOperations['processes'],
  tables: readonly ProcessTable[],
): Replayable =>
  replayable(processes, {
    projection: processView(context, tables).projection,
    recorded: (row, operator) => recordedOf(tables, row, operator),
  });
