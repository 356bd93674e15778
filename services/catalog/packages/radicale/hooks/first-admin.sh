#!/bin/sh
# Adds the first user. $1: path of the input (JSON).
set -eu
exec "$FREEHOLD_RELEASE/bin/python" -I "$(dirname "$0")/first-admin.py" "$1"
