# Sourced by the scripts that run a cloud. Needs `set -euo pipefail`.
# shellcheck shell=bash

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
nephele=${NEPHELE:-$repository/build/release/nephele}
cloud_pid=

# start_cloud STATE-DIR [ARGUMENT...]: returns when the cloud is ready; its process is $cloud_pid.
start_cloud() {
  local state=$1 output=$1/up.out deadline=$((SECONDS + 60))
  mkdir -p "$state"
  : >"$output"  # what the last one said is not what this one says
  "$nephele" up --state-dir "$@" >"$output" 2>&1 &
  cloud_pid=$!
  until grep -qsw ready "$output"; do
    if ! kill -0 "$cloud_pid" 2>/dev/null || ((SECONDS > deadline)); then
      echo "the cloud did not start:" >&2
      tail -n 20 "$output" >&2
      return 1
    fi
    sleep 0.05
  done
  use_cloud "$state"
}

# use_cloud STATE-DIR: points `openstack` at it.
use_cloud() {
  export OS_CLIENT_CONFIG_FILE=$1/clouds.yaml OS_CLOUD=nephele
}

# stop_cloud: as Ctrl-C does, its guests go on running.
stop_cloud() {
  [[ $cloud_pid ]] || return 0
  kill -TERM "$cloud_pid" 2>/dev/null || true
  local status=0 deadline=$((SECONDS + 30))
  while kill -0 "$cloud_pid" 2>/dev/null; do
    if ((SECONDS > deadline)); then
      echo "the cloud did not stop within 30 s: killed" >&2
      kill -KILL "$cloud_pid"
      status=1
      break
    fi
    sleep 0.1
  done
  wait "$cloud_pid" || status=$?
  cloud_pid=
  return "$status"
}

# free_port_offset: an offset at which no API port is taken; all stay below those that the kernel gives to clients.
free_port_offset() {
  local offset port taken
  taken=$(ss -Hltn | awk '{sub(/.*:/, "", $4); print $4}')
  for offset in $(seq 10000 100 22900 | shuf); do
    for port in 3260 5000 8774 8775 8776 9292 9696; do
      ! grep -qx $((port + offset)) <<<"$taken" || continue 2
    done
    echo "$offset"
    return
  done
}

# wait_for SECONDS COMMAND...: runs it until it succeeds, with a dot per attempt.
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    if ((SECONDS > deadline)); then
      echo " not within the time: $*" >&2
      return 1
    fi
    printf . >&2
    sleep 0.5
  done
}
