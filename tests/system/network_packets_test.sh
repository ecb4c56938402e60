#!/bin/bash
# Bridges, filters, tunnels, DHCP and metadata as packets see them: the program tests/system/network, in a network
# of its own, with namespaces as guests. Needs root.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ((EUID != 0)); then
  echo "needs root: bridges, namespaces and filters"
  exit 77
fi
scripts/build release nephele_network_test
exec build/release/nephele_network_test "$@"
