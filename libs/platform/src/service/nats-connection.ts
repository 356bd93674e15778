import { userAuthenticator } from '@freehold/supervisor/nkey';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { readFile } from 'node:fs/promises';
import { log } from '../logging/logging.js';

export interface NatsConnectionOptions {
  servers: string | string[];
  /** Shown by the server beside the connection. */
  name: string;
  /** Path of a file of mode 0600 with the user's nkey seed. */
  seedFile?: string;
  /** False: nobody listens there now, and that is thrown. Default: it waits. */
  waits?: boolean;
}

/** Where answers to this user come, and nobody else may listen: a token of the user's name. */
export const inboxOf = (name: string): string => `_INBOX.${name.replaceAll(/[^A-Za-z0-9-]/g, '-')}`;

/** A connection that waits for its server at start and comes back for ever afterwards. */
export async function connectToNats({
  servers,
  name,
  seedFile,
  waits = true,
}: NatsConnectionOptions): Promise<NatsConnection> {
  const authenticator = seedFile === undefined ? {} : { authenticator: userAuthenticator(await seedOf(seedFile)) };
  const connection = await connect({
    servers,
    name,
    inboxPrefix: inboxOf(name),
    ...authenticator,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    waitOnFirstConnect: waits,
    pingInterval: 10_000,
    maxPingOut: 3,
  });
  void logStatus(connection);
  return connection;
}

async function seedOf(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw new Error(`The NATS seed file ${path} cannot be read; \`freehold up\` makes it`, { cause });
  }
}

async function logStatus(connection: NatsConnection): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === 'error') log().error({ err: status.error }, 'NATS reports an error');
    if (status.type === 'disconnect' || status.type === 'reconnect')
      log().warn({ server: status.server }, `NATS ${status.type}`);
  }
}
