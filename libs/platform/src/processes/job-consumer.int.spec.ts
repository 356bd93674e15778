import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { claimGround, type ClaimedGround, eventually } from '@freehold/supervisor/testing';
import { AckPolicy, jetstream, jetstreamManager, RetentionPolicy } from '@nats-io/jetstream';
import { z } from 'zod';
import { JobConsumer } from './job-consumer.js';

const Job = z.object({ id: z.string(), deployment: z.string(), work: z.string() });
type Job = z.infer<typeof Job>;

const id = (digit: number): string => `${String(digit).repeat(8)}-0000-4000-8000-000000000000`;
const job: Job = { id: id(1), deployment: id(3), work: 'something' };

let ground: ClaimedGround;
beforeAll(async () => {
  ground = await claimGround();
}, 360_000);
afterAll(() => ground.release());

describe('a consumer of jobs', () => {
  it('that an earlier version made with other times is brought up to date, and jobs are taken', async () => {
    const connection = await ground.connect();
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: 'JOBS', subjects: ['job.>'], retention: RetentionPolicy.Workqueue });
    await manager.consumers.add('JOBS', {
      durable_name: 'agent-vm',
      filter_subject: 'job.vm.>',
      ack_policy: AckPolicy.Explicit,
      ack_wait: 30e9,
      max_ack_pending: 16,
    });
    const taken: Job[] = [];
    const consumer = new JobConsumer({
      ...{ connection, host: 'vm', durable: 'agent-vm', schema: Job },
      run: async (each) => void taken.push(each),
    });
    consumer.start();
    await jetstream(connection).publish(`job.vm.${job.deployment}`, JSON.stringify(job));
    expect(await eventually(() => taken.length === 1)).toBe(true);
    expect(taken).toEqual([job]);
    expect((await manager.consumers.info('JOBS', 'agent-vm')).config.ack_wait).toBe(10e9);
    await consumer.close();
  });
});
