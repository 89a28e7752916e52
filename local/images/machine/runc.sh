#!/bin/sh
# The runtime of the engine inside: what AWS's own network and authorities are to a container there, is given to it here.
for word in "$@"; do
    if [ "$word" = create ]; then
        /usr/bin/python3 -m machine.container "$@" || exit 1
        break
    fi
done
exec /usr/sbin/runc "$@"
