import { MikroORM } from '@mikro-orm/postgresql';
import type { ClientConfig } from 'pg';
import { editionEntity } from './edition.js';
import type { View } from './view-entity.js';

/** Where a context's schema is; what @freehold/supervisor hands out. */
export interface DatabaseOptions {
  /** A name or address, or the folder of the server's Unix socket. */
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  schema: string;
}

/**
 * The object-relational mapper of one context: its own schema, its views, their editions. Does not connect yet.
 *
 * There are no migrations: views are derived, so a changed table is made anew and filled from the log (edition.ts).
 */
export function ormFor(options: { connection: DatabaseOptions; views: readonly View[] }): MikroORM {
  const { host, port, user, password, database, schema } = options.connection;
  return new MikroORM({
    ...{ host, port, user, password, dbName: database, schema },
    entities: [editionEntity, ...options.views.map(({ entity }) => entity)],
    pool: { min: 0, max: 4, idleTimeoutMillis: 10_000 },
    // Views may lose their last moments at a power cut, rows and bookmark together: the log has them.
    driverOptions: { connectionTimeoutMillis: 5_000, options: '-c synchronous_commit=off' },
    logger: () => undefined,
  });
}

/** For a client of one connection, as `ormFor` has been told. */
export function connectionOf({ config }: MikroORM): ClientConfig {
  const [host, port, user, password] = [
    config.get('host'),
    config.get('port'),
    config.get('user'),
    config.get('password'),
  ];
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(typeof password === 'string' ? { password } : {}),
    database: config.get('dbName'),
    connectionTimeoutMillis: 5_000,
  };
}
