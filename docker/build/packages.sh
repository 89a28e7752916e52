#!/bin/sh
# Installs Debian packages by name, in the build of the images; none is fine.
set -eu
[ $# -gt 0 ] || exit 0
apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@" || {
    echo "A package of system_packages in hosting.toml cannot be installed, see above: $*" >&2
    exit 1
}
rm -rf /var/lib/apt/lists/*
