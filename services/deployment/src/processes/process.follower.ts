/**
 * Drives this context's processes: every commit of the log is offered to the reactor, because a process may wait for
 * what another context records. The bookmark never passes the first commit of an unfinished process, so that after a
 * crash everything unfinished is found again.
 */
import type { StoredCommit } from '@freehold/kernel';
import type { AggregateStore } from '@freehold/log';
import { AGGREGATES, Follower, log, OperationClient } from '@freehold/platform';
import { type ProcessReactor, processReactor, systemClock, type Trouble } from '@freehold/process';
import { Controller, Inject, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Jobs } from './jobs.js';
import { PROCESS_TABLES } from './process-tables.js';
import { processTransport } from './process-transport.js';

@Controller()
export class ProcessFollower implements OnModuleInit, OnApplicationShutdown {
  private readonly reactor: ProcessReactor;

  constructor(
    @Inject(AGGREGATES) aggregates: AggregateStore,
    @Inject(OperationClient) client: OperationClient,
    @Inject(Jobs) private readonly jobs: Jobs,
  ) {
    this.reactor = processReactor({
      tables: PROCESS_TABLES,
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
    name: 'deployment-processes',
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

const tell = ({ kind, processId, state, detail, cause }: Trouble): void =>
  log().warn({ process: processId, kind, state, detail, err: cause }, 'a process cannot go on at the moment');
