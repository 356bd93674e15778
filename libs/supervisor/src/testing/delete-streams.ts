import type { NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';

const streamNames = z.object({ streams: z.array(z.string()).nullish() });

/** Deletes all streams of the connection's account (one page of names, 1,024, is more than a test makes). */
export async function deleteStreams(admin: NatsConnection): Promise<void> {
  const answer = await admin.request('$JS.API.STREAM.NAMES');
  for (const stream of streamNames.parse(answer.json()).streams ?? []) {
    await admin.request(`$JS.API.STREAM.DELETE.${stream}`);
  }
}
