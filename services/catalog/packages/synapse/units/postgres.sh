#!/bin/sh
# Becomes PostgreSQL. $1: folder of the host's programs · $2: the cluster. Every setting stands here and none in the
# cluster, so that one made afresh from a dump runs in the same way.
set -eu
bin=$1 data=$2
major=$(cat "$data/PG_VERSION")
# A cluster belongs to one major version. Where the host got a newer one beside it (Debian), the older one goes on.
case $("$bin/postgres" --version) in
  *") $major"[!0-9]*) ;;
  *) bin=$(dirname "$(dirname "$bin")")/$major/bin ;;
esac
if [ ! -x "$bin/postgres" ]; then
  echo "this cluster needs PostgreSQL $major: install it beside the newer one (on Debian: apt install postgresql-$major)" >&2
  exit 1
fi

# The socket's folder is named from the cluster, in which the server works: a socket's path may have 107 octets only.
# A log line names no row and no statement: they hold what people wrote.
exec "$bin/postgres" -D "$data" \
  -c listen_addresses= \
  -c unix_socket_directories=../run \
  -c unix_socket_permissions=0700 \
  -c shared_buffers=32MB \
  -c work_mem=4MB \
  -c maintenance_work_mem=16MB \
  -c effective_cache_size=128MB \
  -c max_connections=20 \
  -c max_wal_size=256MB \
  -c autovacuum_max_workers=1 \
  -c max_parallel_workers_per_gather=0 \
  -c dynamic_shared_memory_type=mmap \
  -c max_logical_replication_workers=0 \
  -c jit=off \
  -c fsync=on \
  -c full_page_writes=on \
  -c synchronous_commit=on \
  -c wal_level=minimal \
  -c max_wal_senders=0 \
  -c logging_collector=off \
  -c log_destination=stderr \
  -c log_min_error_statement=panic \
  -c log_error_verbosity=terse
