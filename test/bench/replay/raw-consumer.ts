import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';

/** The least that a reader does: an unacknowledged consumer, and JSON.parse of each message. Returns how many there were. */
export async function rawConsumer(connection: NatsConnection, stream: string): Promise<number> {
  const manager = await jetstreamManager(connection);
  const { state } = await manager.streams.info(stream);
  const made = await manager.consumers.add(stream, {
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.All,
    mem_storage: true,
  });
  const consumer = jetstream(connection).consumers.getConsumerFromInfo(made);
  const text = new TextDecoder();
  let events = 0;
  const messages = await consumer.consume({ max_messages: 1_000 });
  for await (const message of messages) {
    const commit: { events: unknown[] } = JSON.parse(text.decode(message.data));
    events += commit.events.length;
    if (message.seq === state.last_seq) break;
  }
  await consumer.delete();
  return events;
}
