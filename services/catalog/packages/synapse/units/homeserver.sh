#!/bin/sh
# Becomes Synapse once PostgreSQL takes connections. $1: folder of the host's programs · $2: Python · $3: the deployment.
set -eu
bin=$1 python=$2 folder=$3
cd "$folder"
# 55 s: after a crash PostgreSQL reads its log again first.
tries=0
until "$bin/pg_isready" --quiet --host=/proc/self/cwd/run --username=postgres --dbname=synapse; do
  tries=$((tries + 1))
  if [ "$tries" -ge 275 ]; then
    echo "PostgreSQL takes no connections: its own log says why" >&2
    exit 1
  fi
  sleep 0.2
done
exec "$python" -m synapse.app.homeserver -c "$folder/homeserver.yaml" -c "$folder/pepper.yaml"
