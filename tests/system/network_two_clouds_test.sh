#!/bin/bash
# Two clouds on one host, in one network namespace: neither touches what the other made; what a stopped one left
# `nephele cleanup` takes away, and nothing else. Needs root.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ((EUID != 0)); then
  echo "needs root: bridges, namespaces and filters"
  exit 77
fi
# A network of this test's own, so that no other cloud is near.
if [[ ${1:-} != inside ]]; then
  NEPHELE=${NEPHELE:-$PWD/build/release/nephele}
  export NEPHELE
  [[ -x $NEPHELE ]] || scripts/build release nephele
  exec unshare --net --mount --propagation private -- "$0" inside
fi
mkdir -p /run/netns
mount -t tmpfs none /run/netns
mount -t sysfs none /sys
ip link set lo up
. scripts/lib.sh

work=$(mktemp -d)
pids=()
on_exit() {
  local status=$? name
  trap - EXIT
  for cloud_pid in "${pids[@]}"; do stop_cloud || true; done
  for name in one two; do
    ((status == 0)) || tail -n 20 "$work/$name/log/nephele.log" || true
    "$nephele" cleanup --state-dir "$work/$name" >/dev/null || true
  done
  rm -rf "$work"
  exit "$status"
}
trap on_exit EXIT
trap 'exit 130' INT TERM

# up NAME PORT-OFFSET: starts a cloud; its process is added to `pids`.
up() {
  start_cloud "$work/$1" --hypervisor fake --port-offset "$2"
  pids+=("$cloud_pid")
}

# make_network NAME PORT-OFFSET: a network with DHCP in that cloud; prints its id.
make_network() {
  local token network url=http://127.0.0.1:$((9696 + $2))/v2.0
  . "$work/$1/openrc"
  token=$(curl -sSf -D - -o /dev/null -H 'Content-Type: application/json' "$OS_AUTH_URL/auth/tokens" -d '{"auth": {
    "identity": {"methods": ["password"], "password": {"user": {"name": "'"$OS_USERNAME"'", "domain": {"id": "default"},
      "password": "'"$OS_PASSWORD"'"}}},
    "scope": {"project": {"name": "'"$OS_PROJECT_NAME"'", "domain": {"id": "default"}}}}}' |
    sed -n 's/^[Xx]-[Ss]ubject-[Tt]oken: *\([^\r]*\).*/\1/p')
  post() { # RESOURCE BODY
    curl -sSf -H "X-Auth-Token: $token" -H 'Content-Type: application/json' "$url/$1" -d "$2"
  }
  network=$(post networks '{"network": {"name": "test"}}' | jq -r .network.id)
  post subnets '{"subnet": {"network_id": "'"$network"'", "ip_version": 4, "cidr": "10.9.0.0/24"}}' >/dev/null
  echo "$network"
}

wired() { # NETWORK: its bridge is there, and who answers DHCP
  [[ -e /sys/class/net/brq${1:0:11} ]] && pgrep -f "dnsmasq.*$1" >/dev/null
}

served() { # NETWORK: metadata too
  wired "$1" && grep -q 169.254.169.254:80 <<<"$(ip netns exec "qdhcp-$1" ss -Hltn 2>/dev/null)"
}

gone() { # NETWORK
  ! [[ -e /sys/class/net/brq${1:0:11} || -e /run/netns/qdhcp-$1 ]] && ! pgrep -f "dnsmasq.*$1" >/dev/null
}

step() { echo "== $*"; }

# Looks of the agents come often, so that a stray would be found soon.
for name in one two; do
  mkdir -p "$work/$name/etc"
  printf '[AGENT]\npolling_interval = 1\n' >"$work/$name/etc/neutron.conf"
done

step 'two clouds, a network each'
up one 1000
up two 2000
one=$(make_network one 1000)
two=$(make_network two 2000)
wait_for 30 served "$one"
wait_for 30 served "$two"

step 'both stay, over several looks of both agents'
ip link add brq00000000-00 type bridge
ip netns add qdhcp-00000000-0000-4000-8000-000000000000
sleep 3
served "$one"
served "$two"

step 'a running cloud is not cleaned'
if "$nephele" cleanup --state-dir "$work/one"; then
  echo "a running cloud was cleaned" >&2
  exit 1
fi
served "$one"

step 'a stopped one leaves its networks in place'
cloud_pid=${pids[0]}
stop_cloud
pids=("${pids[1]}")
wired "$one"

step 'doctor compares it with its database, and mends it'
doctor() { "$nephele" doctor --state-dir "$work/one" "$@" || true; }
grep -q 'nothing was found' <<<"$(doctor)"
tap=$(ls "/sys/class/net/brq${one:0:11}/brif" | grep '^tap')
ip link set "$tap" nomaster
ip link add brqdeadbeef-00 type bridge
ip link set brqdeadbeef-00 alias "$(sed "s/$one/deadbeef-0000-4000-8000-000000000000/" "/sys/class/net/brq${one:0:11}/ifalias")"
mkdir -p "$work/one/networks/dhcp/deadbeef-0000-4000-8000-000000000000"
doctor >"$work/doctor"
for what in "$tap is not in the bridge" 'device brqdeadbeef-00' 'has a DHCP server here, and no port'; do
  grep -q "$what" "$work/doctor" || { cat "$work/doctor"; exit 1; }
done
doctor --repair | grep -c repaired | grep -qx 3
[[ -e /sys/class/net/brq${one:0:11}/brif/$tap && ! -e /sys/class/net/brqdeadbeef-00 ]]
grep -q 'nothing was found' <<<"$(doctor)"
wired "$one"

step 'its directory is deleted: doctor tells, cleanup finds what is left, and only that'
rm -rf "$work/one"
"$nephele" doctor --state-dir "$work/two" | grep -A1 "$work/one/networks, which is gone"
"$nephele" cleanup --state-dir "$work/one"
gone "$one"
served "$two"
[[ -e /sys/class/net/brq00000000-00 && -e /run/netns/qdhcp-00000000-0000-4000-8000-000000000000 ]]

step 'the other one too'
cloud_pid=${pids[0]}
stop_cloud
pids=()
"$nephele" cleanup --state-dir "$work/two"
gone "$two"
[[ $(nft list tables) == '' ]]
