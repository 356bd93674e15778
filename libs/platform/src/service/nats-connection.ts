import type { NatsConnection } from '@nats-io/transport-node';
import { log } from '../logging/logging.js';
import { connectQuietly, type NatsConnectionOptions } from './nats-options.js';

/** A connection that waits for its server at start and comes back for ever afterwards. */
export async function connectToNats(options: NatsConnectionOptions): Promise<NatsConnection> {
  const connection = await connectQuietly(options);
  void logStatus(connection);
  return connection;
}

async function logStatus(connection: NatsConnection): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === 'error') log().error({ err: status.error }, 'NATS reports an error');
    if (status.type === 'disconnect' || status.type === 'reconnect')
      log().warn({ server: status.server }, `NATS ${status.type}`);
  }
}
