import { userAuthenticator } from '@freehold/supervisor/nkey';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { readFile } from 'node:fs/promises';
import type { PlatformConfiguration } from './platform-configuration.js';

export interface NatsConnectionOptions {
  servers: string | string[];
  /** Shown by the server beside the connection. */
  name: string;
  /** Path of a file of mode 0600 with the user's nkey seed. */
  seedFile?: string;
  /** False: nobody listens there now, and that is thrown. Default: it waits. */
  waits?: boolean;
}

/** How a service reaches it. */
export const natsOf = (name: string, config: PlatformConfiguration): NatsConnectionOptions => {
  const { natsUrl, natsSeedFile } = config;
  return { servers: natsUrl.split(','), name, ...(natsSeedFile === undefined ? {} : { seedFile: natsSeedFile }) };
};

/** Where answers to this user come, and nobody else may listen: a token of the user's name. */
export const inboxOf = (name: string): string => `_INBOX.${name.replaceAll(/[^A-Za-z0-9-]/g, '-')}`;

/** As `connectToNats`, and tells nobody what happens to it. */
export async function connectQuietly({
  servers,
  name,
  seedFile,
  waits = true,
}: NatsConnectionOptions): Promise<NatsConnection> {
  const authenticator = seedFile === undefined ? {} : { authenticator: userAuthenticator(await seedOf(seedFile)) };
  return connect({
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
    // Else each request makes two errors in advance, for stacks that are shown if it fails: some 40 µs.
    noAsyncTraces: true,
  });
}

async function seedOf(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw new Error(`The NATS seed file ${path} cannot be read; \`freehold up\` makes it`, { cause });
  }
}
