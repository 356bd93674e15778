import {
  DiscardPolicy,
  jetstream,
  JetStreamApiCodes,
  JetStreamApiError,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { Unavailable } from '../followers/disposition.js';

export const JOBS_STREAM = 'JOBS';

/** The work queue of agents: `job.<host>.<deployment>`, one durable consumer a host. A job's id is its message's id. */
export class Jobs {
  constructor(private readonly connection: NatsConnection) {}

  /** Makes the stream if it is missing. */
  async ensure(): Promise<void> {
    const manager = await jetstreamManager(this.connection, { checkAPI: false });
    try {
      await manager.streams.info(JOBS_STREAM);
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== JetStreamApiCodes.StreamNotFound) throw error;
      await manager.streams.add({
        name: JOBS_STREAM,
        subjects: ['job.>'],
        retention: RetentionPolicy.Workqueue,
        storage: StorageType.File,
        discard: DiscardPolicy.New,
      });
    }
  }

  /** Resolves when the queue has it; the same job again within the queue's memory is kept once. */
  async publish(job: { id: string; host: string; deployment: string; body: unknown }): Promise<void> {
    const { id, host, deployment, body } = job;
    try {
      await jetstream(this.connection).publish(`job.${host}.${deployment}`, JSON.stringify(body), { msgID: id });
    } catch (cause) {
      throw new Unavailable('the work queue JOBS', { cause });
    }
  }
}
