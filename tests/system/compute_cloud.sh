# Sourced by compute_*_test.sh: a cloud of its own with real guests, driven over REST (curl takes milliseconds where
# the client takes seconds). Everything lies below $work and ends with the test.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. scripts/lib.sh

skip() {
  echo "$1"
  exit 77
}
((EUID == 0)) || skip 'needs root: taps, bridges and namespaces'
for program in qemu-system-x86_64 dnsmasq genisoimage jq; do
  PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || skip "$program is not installed"
done

work=$(mktemp -d /tmp/nephele-compute.XXXXXX)
state=$work/state
offset=$(free_port_offset)
trap on_exit EXIT
trap 'exit 130' INT TERM

step() {
  printf '%s %s\n' "$(date +%T)" "$*"
}

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

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
  for pid in $(guest_pids); do kill -KILL "$pid"; done
  ! mountpoint -q "$state/instances" || umount "$state/instances"
  rm -rf "$work"
  exit "$status"
}

# guest_pids [SERVER]: the QEMU processes of this cloud, found by what they were started with.
guest_pids() {
  pgrep -f -- "-pidfile $state/instances/${1:-}" || true
}

# configure: nova.conf, with what the test says on standard input.
configure() {
  mkdir -p "$state/etc"
  cat >"$state/etc/nova.conf"
}

# up: starts the cloud, or starts it again on the same state, and signs in.
up() {
  start_cloud "$state" --port-offset "$offset"
  . "$state/openrc"
  token=$(curl -sf -D - -o /dev/null -H 'Content-Type: application/json' "$OS_AUTH_URL/auth/tokens" -d '{"auth": {
    "identity": {"methods": ["password"], "password": {"user": {"name": "'"$OS_USERNAME"'",
      "domain": {"id": "default"}, "password": "'"$OS_PASSWORD"'"}}},
    "scope": {"project": {"name": "'"$OS_PROJECT_NAME"'", "domain": {"id": "default"}}}}}' |
    tr -d '\r' | sed -n 's/^[Xx]-[Ss]ubject-[Tt]oken: //p')
  [[ $token ]] || fail 'no token'
}

crash_cloud() { # as a power cut would end it
  kill -KILL "$cloud_pid"
  wait "$cloud_pid" 2>/dev/null || true
  cloud_pid=
}

# api PORT METHOD PATH [BODY]: the answer's body; fails on an error status.
api() {
  curl -s --fail-with-body -X "$2" "http://127.0.0.1:$(($1 + offset))$3" -H "X-Auth-Token: $token" \
    -H 'OpenStack-API-Version: compute 2.79' -H 'Content-Type: application/json' ${4:+--data "$4"}
}
nova() { api 8774 "$1" "/v2.1$2" "${@:3}"; }
neutron() { api 9696 "$1" "/v2.0$2" "${@:3}"; }
glance() { api 9292 "$1" "/v2$2" "${@:3}"; }

upload_guest_image() {
  scripts/build-guest-image "$work/guest.qcow2"
  image=$(glance POST /images '{"name": "guest", "disk_format": "qcow2", "container_format": "bare"}' | jq -r .id)
  curl -sf -X PUT "http://127.0.0.1:$((9292 + offset))/v2/images/$image/file" -H "X-Auth-Token: $token" \
    -H 'Content-Type: application/octet-stream' --data-binary "@$work/guest.qcow2"
}

make_flavor() {
  flavor=$(nova POST /flavors '{"flavor": {"name": "tiny", "ram": 128, "disk": 0, "vcpus": 1}}' | jq -r .flavor.id)
}

make_network() {
  network=$(neutron POST /networks '{"network": {"name": "compute-test"}}' | jq -r .network.id)
  neutron POST /subnets '{"subnet": {"network_id": "'"$network"'", "ip_version": 4, "cidr": "10.77.0.0/24"}}' >/dev/null
}

# create NAME [MEMBERS]: asks for a server; its id. MEMBERS are more of the request, as JSON; without networks among
# them it is on the test's network.
create() {
  local more=${2:-"{}"}
  nova POST /servers "$(jq -nc --arg name "$1" --arg image "$image" --arg flavor "$flavor" --arg network "${network:-}" \
    --argjson more "$more" '{server: ({name: $name, imageRef: $image, flavorRef: $flavor,
      networks: [{uuid: $network}]} + $more)}')" | jq -r .server.id
}

status_of() { nova GET "/servers/$1" | jq -r .server.status; }
fault_of() { nova GET "/servers/$1" | jq -r .server.fault.message; }
is() { [[ $(status_of "$1") == "$2" ]]; }
is_settled() { [[ $(status_of "$1") =~ ^(ACTIVE|ERROR)$ ]]; }
is_gone() { ! nova GET "/servers/$1" >/dev/null; }

console_of() {
  nova POST "/servers/$1/action" '{"os-getConsoleOutput": {}}' | jq -r .output | tr -d '\r'
}

console_has() { # SERVER PATTERN
  console_of "$1" | grep -aqE -- "$2"
}

expect_console() { # SERVER PATTERN...
  local server=$1 pattern
  shift
  for pattern in "$@"; do
    console_has "$server" "$pattern" || {
      console_of "$server" | grep -a GUEST >&2
      fail "the console does not say: $pattern"
    }
  done
}

delete() { # SERVER...: returns when they are gone
  local server
  for server in "$@"; do nova DELETE "/servers/$server"; done
  for server in "$@"; do wait_for 60 is_gone "$server"; done
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
