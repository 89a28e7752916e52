#!/bin/sh
# Starts PostgreSQL in a container. On an empty volume it creates the data directory first, from a snapshot if there
# is one. Works in the official image and in the Debian stand-in. Root is needed only to give files to `postgres`.
set -eu

export PATH="/usr/lib/postgresql/17/bin:$PATH"
files=/embedded-cloud
data=/var/lib/postgresql/data/pgdata
as_postgres="setpriv --reuid=postgres --regid=postgres --init-groups"

chown -R postgres:postgres "$files" /var/lib/postgresql/data
chown postgres:postgres /var/lib/postgresql/archive
chmod 0700 "$files"

if [ ! -s "$data/PG_VERSION" ]; then
    # The last step renames the directory, so an interrupted start is never mistaken for a finished one.
    rm -rf "$data" "$data.partial"
    if [ -e "$files/snapshot.tar.gz" ]; then
        $as_postgres mkdir -m 0700 "$data.partial"
        $as_postgres tar -xzf "$files/snapshot.tar.gz" -C "$data.partial"
        # A server with this file first follows the write-ahead log until the moment of the restore.
        if [ -e "$files/recovery.signal" ]; then $as_postgres touch "$data.partial/recovery.signal"; fi
    else
        $as_postgres initdb --pgdata="$data.partial" --username=rdsadmin --auth-local=trust --auth-host=reject \
            --encoding=UTF8 --locale=C.UTF-8 --data-checksums --no-sync
    fi
    mv "$data.partial" "$data"
fi
rm -f "$files/snapshot.tar.gz" "$files/recovery.signal"
# A killed container leaves its lock file. No other server uses this volume.
rm -f "$data/postmaster.pid"

exec $as_postgres postgres -D "$data" -c config_file="$files/postgresql.conf"
