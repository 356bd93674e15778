import { connect, nkeyAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

/** To an installation's NATS with the administrator's key; outlives the death of the server. */
export function adminConnection(home: string, name: string): Promise<NatsConnection> {
  const { FREEHOLD_NATS_URL: servers = '' } = parseEnv(readFileSync(join(home, 'config', 'audit.env'), 'utf8'));
  const seed = readFileSync(join(home, 'keys', 'nats-CELL-admin.seed'));
  return connect({
    servers,
    name,
    authenticator: nkeyAuthenticator(new Uint8Array(seed)),
    maxReconnectAttempts: -1,
    noAsyncTraces: true,
    reconnectTimeWait: 50,
  });
}
