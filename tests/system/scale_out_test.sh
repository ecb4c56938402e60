#!/bin/bash
# Two of every API, scheduler, conductor and registry at once behind one address, over RabbitMQ and MariaDB, under load on the
# fake hypervisor. They are stopped in order, then killed, one of each role in turn: no request is lost by a stop, nothing is
# done twice, nothing overcommitted, nothing stays in the middle; a token revoked at one Keystone is refused everywhere;
# the work of leaders is handed over within its lease.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh
. scripts/rabbitmq.sh
. tests/system/rest.sh

((EUID == 0)) || skip 'needs root: a network namespace'
broker_is_installed || skip 'rabbitmq-server is not installed'
for program in mariadbd jq; do
  PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || skip "$program is not installed"
done
[[ ${1:-} == inside ]] || exec unshare --net -- bash -c 'ip link set lo up && exec "$0" inside' "$0"

roles=(keystone glance-registry glance-api neutron-server nova-conductor nova-scheduler nova-api)
computes=(compute1 compute2 compute3)
servers_per_host=3 # the fake hypervisor has 1000 processors

work=$(mktemp -d /tmp/nephele-scale.XXXXXX)
chmod 755 "$work"
declare -A pids # "INSTANCE ROLE" -> process
load_pid= watch_pid=
on_exit() {
  local status=$?
  trap - EXIT INT TERM
  if ((status)); then keep_logs; fi
  disown -a
  kill -KILL "${pids[@]}" $load_pid $watch_pid 2>/dev/null || true
  scripts/mariadb.sh stop "$work/mariadb"
  stop_broker "$work/broker"
  rm -rf "$work"
  exit "$status"
}
trap on_exit EXIT
trap 'exit 130' INT TERM

keep_logs() {
  local logs=build/test-logs/scale_out file
  rm -rf "$logs"
  mkdir -p "$logs"
  for file in "$work"/*/state/log/*.log "$work"/*/*.out "$work"/load.*; do
    [[ ! -e $file ]] || cp "$file" "$logs/$(sed "s#^$work/##; s#/state/log/#-#; s#/#-#g" <<<"$file")"
  done
}

sql() { # DATABASE STATEMENT: rows, columns apart by tabs
  mariadb --no-defaults --user=root --socket="$work/mariadb/socket" -N -B "$1" -e "$2"
}
none() { # DATABASE STATEMENT WHAT: no row must be found
  local rows
  rows=$(sql "$1" "$2")
  [[ -z $rows ]] || fail "$3: $rows"
}

start_role() { # INSTANCE ROLE
  local instance=$1 role=$2
  "$nephele" run "$role" --state-dir "$work/$instance/state" --config-dir "$work/$instance/etc" --port-offset "$offset" \
    >"$work/$instance/$role.out" 2>&1 &
  pids[$instance $role]=$!
}
is_ready() { grep -qsw ready "$work/$1/$2.out"; }
await_role() { # INSTANCE ROLE
  local deadline=$((SECONDS + 60))
  until is_ready "$1" "$2"; do
    ((SECONDS <= deadline)) && kill -0 "${pids[$1 $2]}" || { cat "$work/$1/$2.out" >&2; fail "$2 of $1 did not start"; }
    sleep 0.05
  done
}
end_role() { # SIGNAL INSTANCE ROLE: waits for its end
  local status=0
  kill "-$1" "${pids[$2 $3]}"
  { wait "${pids[$2 $3]}" || status=$?; } 2>/dev/null
  [[ $1 == KILL || $status == 0 ]] || fail "$3 of $2 ended with status $status"
}

configure() { # INSTANCE; what is its own is on standard input
  mkdir -p "$work/$1/etc" "$work/$1/state"
  {
    cat <<END
[database]
connection = mysql+pymysql://nephele:nephele@localhost/{service}?unix_socket=$work/mariadb/socket
[DEFAULT]
transport_url = $(cat "$work/broker/url")
share_ports = true
report_interval = 1
service_down_time = 10
cpu_allocation_ratio = 1
[fernet_tokens]
key_repository = $work/a/state/fernet-keys
[glance_store]
filesystem_store_datadir = $work/images
[quota]
instances = -1
cores = -1
ram = -1
[DEFAULT]
END
    cat
  } >"$work/$1/etc/nephele.conf"
}
secret() { jq -r ".$1" "$work/a/state/secrets.json"; }

step 'MariaDB and RabbitMQ'
start_broker "$work/broker" &
broker=$!
scripts/mariadb.sh start "$work/mariadb"
scripts/mariadb.sh database "$work/mariadb" keystone glance neutron nova cinder
wait "$broker"
offset=$(free_port_offset)
api_address=127.0.0.1

step 'two of each role on one host'
configure a </dev/null
arguments=(--state-dir "$work/a/state" --config-dir "$work/a/etc" --port-offset "$offset")
"$nephele" db sync "${arguments[@]}" >/dev/null
"$nephele" bootstrap "${arguments[@]}" >/dev/null
configure b <<<"service_password = $(secret service_password)
metadata_proxy_shared_secret = $(secret metadata_secret)"
for compute in "${computes[@]}"; do
  configure "$compute" <<<"host = $compute
service_password = $(secret service_password)
compute_driver = fake"
done
for role in "${roles[@]}"; do start_role a "$role"; start_role b "$role"; done
for role in "${roles[@]}"; do await_role a "$role"; await_role b "$role"; done
for compute in "${computes[@]}"; do
  start_role "$compute" neutron-linuxbridge-agent
  start_role "$compute" nova-compute
done
sign_in "$work/a/state/openrc"
are_up() {
  [[ $(nova GET '/os-services?binary=nova-compute' | jq '[.services[] | select(.state == "up")] | length') == 3 ]] &&
    [[ $(neutron GET /agents | jq '[.agents[] | select(.alive)] | length') == 3 ]]
}
wait_for 30 are_up

step 'a token that one Keystone revokes is refused by both, and by the other services'
admin=$token
sign_in "$work/a/state/openrc"
victim=$token token=$admin
status_with() { # PORT PATH: of a request with the victim
  curl -s -o /dev/null -w '%{http_code}' -H "X-Auth-Token: $victim" "http://127.0.0.1:$(($1 + offset))$2"
}
refused_by_all() { # PORT PATH: 12 connections come to both of two but once in 2048 times
  local i
  for i in $(seq 12); do [[ $(status_with "$1" "$2") == 401 ]] || return 1; done
}
[[ $(status_with 5000 /v3/projects) == 200 && $(status_with 8774 /v2.1/servers) == 200 ]] || fail 'a new token is refused'
curl -sf -X DELETE "http://127.0.0.1:$((5000 + offset))/v3/auth/tokens" -H "X-Auth-Token: $admin" -H "X-Subject-Token: $victim"
wait_for 3 refused_by_all 5000 /v3/projects
wait_for 8 refused_by_all 8774 /v2.1/servers
wait_for 8 refused_by_all 9696 /v2.0/networks

step 'load'
image=$(glance POST /images '{"name": "base", "disk_format": "raw", "container_format": "bare"}' | jq -r .id)
curl -sf -X PUT "http://127.0.0.1:$((9292 + offset))/v2/images/$image/file" -H "X-Auth-Token: $token" \
  -H 'Content-Type: application/octet-stream' -d 'an image'
flavor=$(nova POST /flavors '{"flavor": {"name": "f", "ram": 128, "disk": 0, "vcpus": '$((1000 / servers_per_host))'}}' |
  jq -r .flavor.id)
make_network
phase() { echo "$1" >"$work/phase.new"; mv "$work/phase.new" "$work/phase"; }
phase start
TOKEN=$token tests/system/scale_out_load.py "$work" "$offset" "$image" "$flavor" "$network" >"$work/load.out" 2>&1 &
load_pid=$!
watch_claims() { # how many processors the fullest host has promised, all the time
  while sleep 0.2; do
    sql nova "SELECT COALESCE(MAX(promised), 0) FROM (SELECT SUM(vcpus) AS promised FROM allocations GROUP BY host) AS hosts"
  done
}
watch_claims >"$work/promised" &
watch_pid=$!
sleep 2

step 'each is stopped in order and started again'
phase stop
for role in "${roles[@]}"; do
  end_role TERM a "$role"
  start_role a "$role"
  await_role a "$role"
done
sleep 1

step 'each is killed'
phase kill
for role in "${roles[@]}"; do
  end_role KILL b "$role"
  sleep 1
  start_role b "$role"
  await_role b "$role"
  sleep 1
done

holder_of() { sql nova "SELECT holder FROM leases WHERE name='$1' AND expires_at > UNIX_TIMESTAMP(NOW(6))*1000000"; }
has_changed() { # LEASE FORMER-HOLDER
  local now
  now=$(holder_of "$1")
  [[ $now && $now != "$2" ]]
}
seen_lease=
is_prolonged() { # LEASE: since the last call, so its holder lives
  local former=$seen_lease
  seen_lease=$(sql nova "SELECT holder, expires_at FROM leases WHERE name='$1' AND expires_at > 0")
  [[ $former && $seen_lease != "$former" && ${seen_lease%%[[:space:]]*} == "${former%%[[:space:]]*}" ]]
}
# INSTANCE and role of who said that it leads as that.
who_is() { # HOLDER
  local file
  file=$(grep -l "leads work=[a-z]* holder=$1\$" "$work"/[ab]/state/log/*.log) || fail "nobody is $1"
  [[ $file =~ /([ab])/state/log/(.*)\.log$ ]] && echo "${BASH_REMATCH[1]} ${BASH_REMATCH[2]}"
}
kill_leader() { # LEASE SECONDS: another one must follow in that time
  local holder who begin
  seen_lease=
  wait_for 20 is_prolonged "$1"
  holder=$(holder_of "$1")
  who=$(who_is "$holder")
  begin=$(date +%s.%N)
  end_role KILL $who
  wait_for "$2" has_changed "$1" "$holder"
  echo "  $1: $who died, $(who_is "$(holder_of "$1")") follows after $(bc <<<"$(date +%s.%N) - $begin") s"
  start_role $who
  await_role $who
}
step 'who leads is killed'
kill_leader reaper 6
kill_leader outbox 12

step 'the load ends, and what was promised has come true'
phase end
: >"$work/stop"
wait "$load_pid" || { tail -n 40 "$work/load.out" >&2; fail 'broken promises'; }
load_pid=
kill "$watch_pid"
report() { jq -c "$1" "$work/load.json"; }
echo "  $(report '{servers, deleted, uploaded, lost, faults}')"
[[ $(report '.lost.stop // 0') == 0 ]] || fail "requests were lost when processes stopped in order: $(report .lost)"
(($(report .servers) >= 20)) || fail 'there was no load'
(($(report .uploaded) >= 4)) || fail 'no image was uploaded'
most=$(sort -n "$work/promised" | tail -n 1)
((most <= 1000)) || fail "a host of 1000 processors had promised $most"
((most > 900)) || fail "no host was ever full, but for $most of 1000 processors"

step 'nothing was done twice, nothing is left in the middle'
is_quiet() {
  [[ -z $(sql nova "SELECT id FROM instances WHERE deleted=0 AND operation_id<>'' UNION SELECT id FROM outbox
    UNION SELECT operation_id FROM sagas") ]] &&
    [[ -z $(sql glance "SELECT id FROM images WHERE deleted=0 AND status='saving' UNION SELECT id FROM outbox") ]]
}
wait_for 60 is_quiet
none nova "SELECT number, COUNT(*) FROM instances GROUP BY number HAVING COUNT(*)>1" 'servers with the same number'
none nova "SELECT operation_id, COUNT(*) FROM scheduling_decisions WHERE host<>'' GROUP BY operation_id, host HAVING COUNT(*)>1" \
  'servers scheduled twice to a host'
none nova "SELECT a.instance_id FROM allocations a LEFT JOIN instances i ON i.id=a.instance_id AND i.deleted=0 AND i.host=a.host
  WHERE i.id IS NULL" 'claims without a server'
none nova "SELECT i.id FROM instances i LEFT JOIN allocations a ON a.instance_id=i.id
  WHERE i.deleted=0 AND i.vm_state='active' AND a.host IS NULL" 'servers without a claim'
guests_are_servers() {
  [[ -z $(sql nova "SELECT c.host FROM compute_nodes c WHERE c.running_guests <>
    (SELECT COUNT(*) FROM instances i WHERE i.host=c.host AND i.deleted=0 AND i.vm_state='active')") ]]
}
wait_for 5 guests_are_servers
ports() { neutron GET "/ports?network_id=$network" | jq -r '.ports[] | "\(.device_id) \(.fixed_ips[0].ip_address)"' | sort; }
servers_with_ports() {
  diff <(ports | cut -d' ' -f1) <(sql nova "SELECT id FROM instances WHERE deleted=0 AND vm_state='active'" | sort) >&2
}
wait_for 20 servers_with_ports
[[ -z $(ports | cut -d' ' -f2 | sort | uniq -d) ]] || fail 'an address was given twice'
# One that starts removes what an upload has left whose process died.
end_role TERM a glance-api
start_role a glance-api
await_role a glance-api
stored() { find "$work/images" -type f -printf 'file://%p\n' | sort; }
images_and_files() {
  diff <(stored) <(sql glance "SELECT location FROM images WHERE deleted=0 AND status='active'" | sort) >&2
}
wait_for 5 images_and_files
"$nephele" queue list "${arguments[@]}" >"$work/queues"
letters=$(sed '1,/^dead letters/d' "$work/queues" | tail -n +2)
[[ -z $letters ]] || fail "dead letters: $letters"

step 'both of each did their part'
for role in keystone glance-api glance-registry neutron-server nova-api nova-scheduler nova-conductor; do
  for instance in a b; do
    grep -qE '"kind":"(handle|http)"' "$work/$instance/state/trace/$role.jsonl" || fail "$role of $instance did nothing"
  done
done
step 'passed'
