#!/bin/sh
# Makes the deployment's own PostgreSQL cluster where there is none, with an empty database for Synapse (C locale, as its
# manual asks for). $1: path of the input (JSON). Harmless twice: a cluster that has its name is whole and left alone.
set -eu
umask 077
database=$("$FREEHOLD_RELEASE/bin/python" -I -c \
  'import json, sys; print(json.load(open(sys.argv[1], encoding="utf-8"))["settings"]["database"])' "$1")
[ "$database" = postgres ] || exit 0
data=$FREEHOLD_FOLDER/postgres
[ ! -e "$data/PG_VERSION" ] || exit 0
if [ -z "${FREEHOLD_HOST_POSTGRES:-}" ]; then
  echo "the host has no PostgreSQL: install it (on Debian: apt install postgresql)" >&2
  exit 1
fi

# Both want their user to have a name, which an environment's own user has not: inside a user namespace it has one.
named() {
  if id -un >/dev/null 2>&1; then "$@"; else unshare --user --map-user=nobody --map-group=nogroup "$@"; fi
}
fresh=$FREEHOLD_FOLDER/.postgres.new
rm -rf "$fresh"
# trust: only this environment's user may enter the folder of the socket, and there is no other way in.
named "$FREEHOLD_HOST_POSTGRES/initdb" --pgdata="$fresh" --username=postgres --encoding=UTF8 --locale=C \
  --auth-local=trust --auth-host=reject --no-instructions >/dev/null
echo "CREATE DATABASE synapse TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'" |
  named "$FREEHOLD_HOST_POSTGRES/postgres" --single -D "$fresh" template1 >/dev/null
rm -rf "$data"
mv "$fresh" "$data"
