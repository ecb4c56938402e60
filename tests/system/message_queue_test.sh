#!/bin/bash
# Two processes that share a RabbitMQ broker: Keystone and glance-registry in one, glance-api in the other. An image made
# through one is in the database of the other; the queues are what an operator sees. Needs rabbitmq-server.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh
. scripts/rabbitmq.sh
broker_is_installed || { echo "rabbitmq-server is not installed"; exit 77; }

state=$(mktemp -d /tmp/nephele-queue-XXXXXX)
pids=()
cleanup() {
  local pid
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null && wait "$pid" || true; done
  stop_broker "$state/broker"
  rm -rf "$state"
}
trap cleanup EXIT

# run_roles OUTPUT ROLE...: returns when they serve.
run_roles() {
  "$nephele" run "${@:2}" --state-dir "$state" --port-offset "$offset" >"$state/$1" 2>&1 &
  pids+=($!)
  wait_for 60 grep -qs ready "$state/$1"
}

start_broker "$state/broker"
mkdir -p "$state/etc"
printf '[DEFAULT]\ntransport_url = %s\n' "$(cat "$state/broker/url")" >"$state/etc/glance.conf"
offset=$(free_port_offset)
run_roles registry.out keystone glance-registry
run_roles api.out glance-api
use_cloud "$state"

head -c 100000 /dev/urandom >"$state/image.raw"
openstack image create --disk-format raw --container-format bare --file "$state/image.raw" shared >/dev/null
[[ $(openstack image show shared -f value -c checksum) == "$(md5sum <"$state/image.raw" | cut -d' ' -f1)" ]]
grep -qx shared <<<"$(sqlite3 "$state/db/glance.sqlite" 'SELECT name FROM images')"

"$nephele" queue list --state-dir "$state" | tee "$state/queues"
grep -Eq '^glance +registry +0 +1 +0 +1$' "$state/queues"
if grep -q secret "$state"/log/*.log; then
  echo "the log tells the broker's password" >&2
  exit 1
fi

# Without its registry, the API says at once that nobody listens.
kill -TERM "${pids[0]}"
wait "${pids[0]}"
grep -Eq '^glance +registry +0 +0 +0 +0$' <<<"$("$nephele" queue list --state-dir "$state")"
