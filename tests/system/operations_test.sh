#!/bin/bash
# What an operator sees of a cloud that runs: health checks, metrics, status, SIGHUP; what doctor finds and mends of it.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh
. tests/system/rest.sh

state=$(mktemp -d /tmp/nephele-operations-XXXXXX)
stray=11111111-2222-3333-4444-555555555555
cleanup() {
  [[ ! $cloud_pid ]] || { kill -TERM "$cloud_pid" 2>/dev/null && wait "$cloud_pid" || true; }
  rm -rf "$state"
}
trap cleanup EXIT

offset=$(free_port_offset)
mkdir -p "$state/etc"
printf '[DEFAULT]\nuse_json = true\n[healthcheck]\ndisable_by_file_path = %s/out\n' "$state" >"$state/etc/nephele.conf"
start_cloud "$state" --port-offset "$offset" --hypervisor fake
api=http://127.0.0.1:$((8774 + offset)) own=http://127.0.0.1:$((8900 + offset))
status_of() { curl -s -o /dev/null -w '%{http_code}' "$@"; }

[[ $(curl -s "$api/healthcheck") == OK && $(curl -s "$own/healthcheck") == OK ]]
[[ $(status_of --head "$api/healthcheck") == 204 ]]
touch "$state/out"
[[ $(status_of "$api/healthcheck") == 503 && $(curl -s "$api/healthcheck") == 'DISABLED BY FILE' ]]
rm "$state/out"

# Counted by route, never by path.
for path in some/path another/path; do status_of "$api/v2.1/$path" >/dev/null; done
curl -s "$own/metrics" >"$state/metrics"
grep -qx 'http_requests_total{service="nova-api",method="other",route="other",status="4xx"} 2' "$state/metrics"
! grep -q some/path "$state/metrics"
for metric in process_resident_memory_bytes nephele_outbox_oldest_age_seconds \
  nephele_database_transaction_duration_seconds_count nephele_bus_messages_handled_total; do
  grep -q "^$metric" "$state/metrics" || { echo "no $metric" >&2; exit 1; }
done
has_metric() { curl -s "$own/metrics" | grep "^$1" >/dev/null; }
wait_for 20 has_metric 'nephele_compute_guests{state="running"} 0'

wait_for 20 "$nephele" status --state-dir "$state" --port-offset "$offset" >"$state/status"
grep -q 'nephele up' "$state/status"
grep -qE 'nova-compute +[^ ]+ +up' "$state/status"

# Each line is JSON, and those of a request name it. A moved log goes on in a new file; what can not change is named.
log=$state/log/nephele.log
python3 -c 'import json, sys; lines = [json.loads(line) for line in open(sys.argv[1])]
assert any(line.get("request_id", "").startswith("req-") and "status=" in line["message"] for line in lines)' "$log"
mv "$log" "$log.1"
printf '[DEFAULT]\nuse_json = true\ndebug = true\n' >"$state/etc/nephele.conf"
printf '[quota]\ninstances = 3\n' >"$state/etc/nova.conf"
kill -HUP "$cloud_pid"
wait_for 10 grep -qs 'needs a restart file=nova.conf.*\[quota\] instances' "$log"
grep -q 'log_level=debug' "$log"
grep -q 'needs a restart.*disable_by_file_path' "$log"

# A port and a volume of a server that never was.
api_address=127.0.0.1
sign_in "$state/openrc"
network=$(neutron POST /networks '{"network": {"name": "operations"}}' | jq -r .network.id)
port=$(neutron POST /ports '{"port": {"network_id": "'"$network"'", "device_owner": "compute:nova",
  "device_id": "'"$stray"'"}}' | jq -r .port.id)
volume=$(cinder POST /volumes '{"volume": {"size": 1}}' | jq -r .volume.id)
is_available() { [[ $(cinder GET "/volumes/$volume" | jq -r .volume.status) == available ]]; }
wait_for 20 is_available
cinder POST /attachments '{"attachment": {"volume_uuid": "'"$volume"'", "instance_uuid": "'"$stray"'"}}' >/dev/null
"$nephele" status --state-dir "$state" --port-offset "$offset" >"$state/status" || true
grep -qE '^volumes +1 reserved; 0 in an operation' "$state/status"
grep -qE 'cinder-volume +[^ ]+ +up' "$state/status"

kill -TERM "$cloud_pid"
wait "$cloud_pid"
cloud_pid=
sqlite3 "$state/db/nova.sqlite" "INSERT INTO allocations VALUES ('$stray', '$(hostname)', 1, 64, 1)"
mkdir -p "$state/instances/$stray"
doctor() { "$nephele" doctor --state-dir "$state" --port-offset "$offset" "$@" || true; }
doctor >"$state/found"
grep -q "claim $stray" "$state/found"
grep -q "server $stray" "$state/found"
grep -q "port $port .*is of server $stray, which is not there" "$state/found"
grep -q "volume $volume .*is attached to server $stray, which is not there" "$state/found"
[[ -d $state/instances/$stray ]]
doctor --repair >"$state/repaired"
grep -q 'gave back the claim' "$state/repaired"
grep -q 'removed disks' "$state/repaired"
[[ ! -e $state/instances/$stray ]]
[[ -z $(sqlite3 "$state/db/nova.sqlite" 'SELECT * FROM allocations') ]]
doctor >"$state/found"
! grep -q "claim $stray\|server $stray " "$state/found"
echo passed
