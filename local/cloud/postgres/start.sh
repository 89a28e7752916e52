#!/bin/sh
# Starts PostgreSQL in a container: makes the data directory when the volume is empty, then becomes the server.
# Works in the official image and in the Debian stand-in; runs as root only to hand files over to `postgres`.
set -eu

export PATH="/usr/lib/postgresql/17/bin:$PATH"
files=/preqly
data=/var/lib/postgresql/data/pgdata
as_postgres="setpriv --reuid=postgres --regid=postgres --init-groups"

chown -R postgres:postgres "$files" /var/lib/postgresql/data
chmod 0700 "$files"

if [ ! -s "$data/PG_VERSION" ]; then
    # A start that was killed half-way must not look like a finished one.
    rm -rf "$data" "$data.partial"
    $as_postgres initdb --pgdata="$data.partial" --username=rdsadmin --auth-local=trust --auth-host=reject \
        --encoding=UTF8 --locale=C.UTF-8 --data-checksums --no-sync
    mv "$data.partial" "$data"
fi
# A container that was killed leaves its lock behind; nothing else can use this volume.
rm -f "$data/postmaster.pid"

exec $as_postgres postgres -D "$data" -c config_file="$files/postgresql.conf"
