#!/bin/sh
# Runs a command in a network namespace of its own: with loopback, and with one address that is none, since Firefox has no candidates on
# loopback. What the command starts can speak to nobody else; a page that tried would be noticed. Without root this needs user
# namespaces, which Debian allows.
set -eu
if [ "${STAMMTISCH_ALONE:-}" = "" ]; then
  unshare --map-root-user --net -- true || {
    echo "$0: the browser tests need a network namespace; in a container, start it with --privileged" >&2
    exit 1
  }
  STAMMTISCH_ALONE=1 exec unshare --map-root-user --net -- "$0" "$@"
fi
ip link set lo up
ip link add table type veth peer name chair
ip addr add 192.0.2.1/24 dev table # TEST-NET-1 (RFC 5737)
ip link set table up
ip link set chair up
ip route add default via 192.0.2.2 # where nobody is: browsers look for their address on the way to the world
exec "$@"
