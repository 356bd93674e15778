import type { ContextName, StoredCommit } from '@freehold/kernel';
import type { AggregateStore } from '@freehold/log';
import { type ProcessReactor, processReactor, type ProcessTable, systemClock, type Trouble } from '@freehold/process';
import { Controller, Inject, type OnApplicationShutdown, type OnModuleInit, type Type } from '@nestjs/common';
import { AGGREGATES } from '../context/context.module.js';
import { Follower } from '../followers/follower.decorator.js';
import { log } from '../logging/logging.js';
import { OperationClient } from '../operations/operation.client.js';
import { Jobs } from './jobs.js';
import { processTransport } from './process-transport.js';

/**
 * Drives a context's processes: every commit of the log is offered to the reactor, because a process may wait for
 * what another context records. The bookmark never passes the first commit of an unfinished process, so that after a
 * crash everything unfinished is found again.
 */
export function processFollower(context: ContextName, tables: readonly ProcessTable[]): Type {
  @Controller()
  class ProcessFollower implements OnModuleInit, OnApplicationShutdown {
    readonly reactor: ProcessReactor;

    constructor(
      @Inject(AGGREGATES) aggregates: AggregateStore,
      @Inject(OperationClient) client: OperationClient,
      @Inject(Jobs) private readonly jobs: Jobs,
    ) {
      this.reactor = processReactor({
        tables,
        store: aggregates,
        transport: processTransport(client, jobs),
        clock: systemClock,
        onTrouble: tell,
      });
    }

    async onModuleInit(): Promise<void> {
      await this.jobs.ensure();
    }

    @Follower<ProcessFollower>({
      name: `${context}-processes`,
      safeBookmark: (self) => self.reactor.safeBookmark(),
      resume: (self, commits) => self.reactor.resumeAll(commits),
    })
    async follow(commit: StoredCommit): Promise<void> {
      this.reactor.onCommit(commit);
    }

    async onApplicationShutdown(): Promise<void> {
      await this.reactor.stop();
    }
  }
  return ProcessFollower;
}

const tell = ({ kind, processId, state, detail, cause }: Trouble): void =>
  log().warn({ process: processId, kind, state, detail, err: cause }, 'a process cannot go on at the moment');
