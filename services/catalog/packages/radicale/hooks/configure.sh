#!/bin/sh
# Makes an empty users file where there is none: Radicale does not start without one. $1: path of the input (not needed).
set -eu
umask 077
mkdir -p "$FREEHOLD_FOLDER/users"
[ -e "$FREEHOLD_FOLDER/users/htpasswd" ] || : > "$FREEHOLD_FOLDER/users/htpasswd"
