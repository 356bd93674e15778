export interface PostgresConfiguration {
  readonly socketFolder: string;
  readonly durable: boolean;
  readonly maxConnections: number;
}

/**
 * The text of postgresql.conf: a small server for read models that can be built again, reachable over its socket only.
 * Statements are not logged, because they may hold personal data.
 * Settings: https://www.postgresql.org/docs/18/runtime-config.html
 */
export function renderPostgresConfiguration({ socketFolder, durable, maxConnections }: PostgresConfiguration): string {
  const onOff = durable ? 'on' : 'off';
  return `# Written by Freehold at every start; changes are lost.
listen_addresses = ''
unix_socket_directories = '${socketFolder.replaceAll("'", "''")}'
unix_socket_permissions = 0700
port = ${postgresPort}
password_encryption = 'scram-sha-256'
max_connections = ${maxConnections}
shared_buffers = 32MB
work_mem = 4MB
maintenance_work_mem = 32MB
huge_pages = off
jit = off
io_method = sync
max_worker_processes = 2
max_parallel_workers_per_gather = 0
wal_level = minimal
max_wal_senders = 0
min_wal_size = 32MB
max_wal_size = 256MB
fsync = ${onOff}
synchronous_commit = on
full_page_writes = ${onOff}
timezone = 'UTC'
log_timezone = 'UTC'
log_min_error_statement = panic
log_statement = none
log_error_verbosity = terse
`;
}

/** Only names the socket file (.s.PGSQL.5432); nothing listens on TCP. */
export const postgresPort = 5432;

/** The text of pg_hba.conf: over the socket with a password, and no other way. */
export const hostBasedAuthentication = 'local all all scram-sha-256\n';
