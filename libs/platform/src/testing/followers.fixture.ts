import type { Commit, Position, StoredCommit } from '@freehold/kernel';
import { jetStreamLog, type Log, subjectOf } from '@freehold/log';
import { Controller, Module } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { Follower } from '../followers/follower.decorator.js';
import { FOLLOWING, type FollowingOfProcess, LOG, NATS_CONNECTION } from '../service/service.module.js';

/** What a test may set and see of the followers below; one per Node process, so one test file at a time. */
export const followed = {
  seen: [] as StoredCommit[],
  atOnce: 0,
  most: 0,
  /** Handlers wait for it. */
  gate: Promise.resolve(),
  /** Where the follower that does not park fails. */
  cannotRead: (_commit: StoredCommit): Error | null => null,
  fail: (_commit: StoredCommit): Error | null => null,
  limit: null as Position | null,
  resumed: [] as Position[],
  stopping: [] as Position[],
};

@Controller()
class FollowersController {
  @Follower<FollowersController>({ name: 'test-parks', concurrency: 4, safeBookmark: () => followed.limit })
  async parks(commit: StoredCommit): Promise<void> {
    followed.atOnce += 1;
    followed.most = Math.max(followed.most, followed.atOnce);
    await followed.gate;
    followed.atOnce -= 1;
    const error = followed.fail(commit);
    if (error !== null) throw error;
    followed.seen.push(commit);
  }

  @Follower<FollowersController>({
    name: 'test-resumes',
    filter: 'log.*.deployment.>',
    resume: async (_self, commits) => {
      for await (const { position } of commits) followed.resumed.push(position);
    },
  })
  async resumes({ position }: StoredCommit): Promise<void> {
    followed.resumed.push(position);
  }

  @Follower<FollowersController>({ name: 'test-stops', parks: false })
  async stops(commit: StoredCommit): Promise<void> {
    const error = followed.cannotRead(commit);
    if (error !== null) throw error;
    followed.stopping.push(commit.position);
  }
}

@Module({
  controllers: [FollowersController],
  providers: [
    {
      provide: LOG,
      inject: [NATS_CONNECTION, FOLLOWING],
      useFactory: (connection: NatsConnection, { together }: FollowingOfProcess) =>
        together(jetStreamLog({ connection })),
    },
  ],
})
export class FollowersModule {}

export const newSubject = (): string =>
  subjectOf({ context: 'deployment', operator: randomUUID(), aggregate: 'deployment', id: randomUUID() });

/** Appends `count` commits to an aggregate; their positions. */
export async function appendTo(log: Log, subject: string, count = 1): Promise<Position[]> {
  const positions: Position[] = [];
  for (let index = 0; index < count; index += 1) positions.push(await appendNext(log, subject));
  return positions;
}

async function appendNext(log: Log, subject: string): Promise<Position> {
  const last = await log.last(subject);
  const previous = last?.position ?? null;
  const outcome = await log.append(subject, commitOf((last?.commit.version ?? 0) + 1, previous), previous);
  if (outcome.kind === 'conflict') throw new Error('somebody else appends');
  return outcome.stored.position;
}

const commitOf = (version: number, previous: Position | null): Commit => ({
  version,
  previous,
  at: '2026-11-21T12:00:00.000Z',
  actor: { kind: 'system', id: 'test' },
  command: { id: randomUUID(), name: 'deployment.test', digest: '' },
  cause: null,
  correlation: randomUUID(),
  events: [{ type: 'deployment.tested.v1', data: {} }],
});
