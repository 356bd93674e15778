/** What a NATS user may do. Subjects in NATS' notation, `>` is everything; an empty list allows nothing. */
export interface NatsUser {
  readonly name: string;
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** May answer requests on the subject that the request names, without being allowed to publish there otherwise. */
  readonly allowResponses?: boolean;
}

/** Accounts share nothing: neither subjects nor streams. */
export interface NatsAccount {
  readonly name: string;
  readonly jetstream: true;
  readonly users: readonly NatsUser[];
}

export interface NatsOptions {
  readonly accounts: readonly NatsAccount[];
  /** Default: the one of last time if it is still free, else any free port. */
  readonly port?: number;
  /** The server's executable; default `nats-server` of the PATH. */
  readonly natsServer?: string;
  /** Most that all streams on disk may hold; default 64 GiB. A stream's `max_bytes` must fit in. */
  readonly maxFileBytes?: number;
  /** Memory that the server may have before it gives back what it can do without. Default: no limit. */
  readonly memoryBytes?: number;
  /** Default true: an acknowledged message is on the disk (`sync_interval: always`). False is for tests only. */
  readonly durable?: boolean;
}

export interface PostgresOptions {
  /** Default true (fsync). False is for tests only. */
  readonly durable?: boolean;
  /** Default 60. */
  readonly maxConnections?: number;
}

export interface GroundOptions {
  /** The installation's folder. As root its parents must be passable for PostgreSQL's user, as in /var/lib/freehold/<name>. */
  readonly folder: string;
  readonly nats: NatsOptions;
  readonly postgres?: PostgresOptions;
  /** Told what happens, one line at a time; contains no secrets. */
  say(line: string): void;
}

/** Everything a client of PostgreSQL needs, in the words of the `pg` package; `schema` is the role's own. */
export interface DatabaseConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly schema: string;
}
