#!/bin/bash
# A real guest from its creation to its end, through the unmodified client: what scripts/demo shows is what must
# hold. Needs root (taps, bridges, namespaces).
set -euo pipefail
cd "$(dirname "$0")/../.."
if ((EUID != 0)); then
  echo "needs root: taps, bridges and namespaces"
  exit 77
fi
exec scripts/demo
