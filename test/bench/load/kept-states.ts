import type { Log } from '@freehold/log';
import { PostgresStates } from '@freehold/projection';
import type { DatabaseConnection } from '@freehold/supervisor';
import { inspect } from 'node:util';

const tell = (fields: object, message: string): void => void process.stderr.write(`… ${message}: ${inspect(fields)}\n`);

/** Folded states as a service keeps them; trouble with them is told. */
export const openStates = (log: Log, connection: DatabaseConnection): PostgresStates =>
  new PostgresStates({ log, connection, logger: { info: tell, warn: tell, error: tell } });
