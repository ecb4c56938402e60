# Sourced by compute_*_test.sh: a cloud of its own with real guests, driven over REST. Everything lies below $work and
# ends with the test.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. scripts/lib.sh
. tests/system/rest.sh

((EUID == 0)) || skip 'needs root: taps, bridges and namespaces'
for program in qemu-system-x86_64 dnsmasq genisoimage jq; do
  PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || skip "$program is not installed"
done

work=$(mktemp -d /tmp/nephele-compute.XXXXXX)
state=$work/state
offset=$(free_port_offset)
api_address=127.0.0.1
trap on_exit EXIT
trap 'exit 130' INT TERM

on_exit() {
  local status=$? pid
  trap - EXIT INT TERM
  if ((status)) && [[ -e $state/log/nephele.log ]]; then
    mkdir -p build/test-logs
    cp "$state/log/nephele.log" "build/test-logs/$(basename "$0" .sh).nephele.log"
    tail -n 30 "$state/log/nephele.log" >&2
  fi
  if [[ $cloud_pid ]] && kill -0 "$cloud_pid" 2>/dev/null; then
    delete_everything || true
    stop_cloud || true
  fi
  for pid in $(guest_pids) $(target_pids); do kill -KILL "$pid"; done
  ! mountpoint -q "$state/instances" || umount "$state/instances"
  rm -rf "$work"
  exit "$status"
}

# guest_pids [SERVER]: the QEMU processes of this cloud, found by what they were started with.
guest_pids() {
  pgrep -f -- "-pidfile $state/instances/${1:-}" || true
}

# The iSCSI target daemon of this cloud, found by where it listens.
target_pids() {
  pgrep -f "^tgtd .*portal=127.0.0.1:$((3260 + offset))\$" || true
}

# configure: nova.conf, with what the test says on standard input.
configure() {
  mkdir -p "$state/etc"
  cat >"$state/etc/nova.conf"
}

# up: starts the cloud, or starts it again on the same state, and signs in.
up() {
  start_cloud "$state" --port-offset "$offset"
  sign_in "$state/openrc"
}

crash_cloud() { # as a power cut would end it
  kill -KILL "$cloud_pid"
  wait "$cloud_pid" 2>/dev/null || true
  cloud_pid=
}

delete_everything() {
  local server network
  for server in $(nova GET /servers | jq -r '.servers[].id'); do nova DELETE "/servers/$server" || true; done
  wait_for 30 no_servers || true
  for network in $(neutron GET /networks | jq -r '.networks[].id'); do neutron DELETE "/networks/$network" || true; done
  wait_for 10 no_network_programs || true
}
no_servers() { [[ $(nova GET /servers | jq '.servers | length') == 0 ]]; }
no_network_programs() { ! pgrep -f "dnsmasq.*$state/networks" >/dev/null; }

# What is on this host of the servers: processes, directories, taps.
traces_of() { # SERVER...
  local server
  for server in "$@"; do
    guest_pids "$server"
    find "$state/instances" -maxdepth 1 -name "$server*"
    grep -ls "$server" /sys/class/net/*/ifalias || true
  done
}
no_trace_of() { [[ -z $(traces_of "$@") ]]; }

expect_no_trace_of() {
  wait_for 30 no_trace_of "$@" || { traces_of "$@" >&2; fail 'something was left on the host'; }
}
