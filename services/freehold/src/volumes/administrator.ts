import { natsSeedFile } from '@freehold/supervisor';
import { userAuthenticator } from '@freehold/supervisor/nkey';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { CommandFailure } from '../cli/command-failure.js';
import { readIfThere } from '../private-file.js';
import { ADMIN, CELL_ACCOUNT } from '../up/nats-users.js';
import { readConfiguration } from '../up/service-configuration.js';

/*
 * What only the administrator may: on the machine of the installation, by who may read its keys.
 */

const TIMEOUT_MS = 2_000;

/** @throws CommandFailure when there is no installation, it does not run, or its keys may not be read. */
export async function asAdministrator<Result>(
  home: string,
  work: (connection: NatsConnection) => Promise<Result>,
): Promise<Result> {
  const connection = await administratorOf(home);
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

async function administratorOf(home: string): Promise<NatsConnection> {
  const seed = readIfThere(natsSeedFile(home, CELL_ACCOUNT, ADMIN));
  if (seed === undefined)
    throw new CommandFailure(`There is no installation in ${home}`, 'Name its folder with --home, on its own machine.');
  try {
    return await connect({
      servers: readConfiguration(home, 'audit')['FREEHOLD_NATS_URL'] ?? '',
      authenticator: userAuthenticator(seed.trim()),
      timeout: TIMEOUT_MS,
      reconnect: false,
    });
  } catch {
    throw new CommandFailure(`The installation in ${home} does not run`, `Start it: freehold up --home ${home}`);
  }
}
