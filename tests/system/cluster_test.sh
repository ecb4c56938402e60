#!/bin/bash
# A cloud of four hosts (scripts/cluster) whose roles are processes of their own, over RabbitMQ and MariaDB, by TLS: servers on
# different hosts reach each other through VXLAN exactly if they share a network, a compute service that dies is
# avoided and its work goes elsewhere, and at the end nothing is left on this machine.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh
. scripts/rabbitmq.sh
. tests/system/rest.sh

((EUID == 0)) || skip 'needs root: namespaces and network devices'
broker_is_installed || skip 'rabbitmq-server is not installed'
for program in mariadbd qemu-system-x86_64 dnsmasq jq; do
  PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || skip "$program is not installed"
done

work=$(mktemp -d /tmp/nephele-cluster.XXXXXX)
state=$work/cloud
offset=0
on_exit() {
  local status=$?
  trap - EXIT INT TERM
  if ((status)); then keep_logs; fi
  scripts/cluster stop --state "$state" || status=1
  rm -rf "$work"
  exit "$status"
}
trap on_exit EXIT
trap 'exit 130' INT TERM

keep_logs() {
  local logs=build/test-logs/cluster file
  mkdir -p "$logs"
  for file in "$state"/*/state/log/*.log "$state"/*/*.out; do
    [[ ! -e $file ]] || cp "$file" "$logs/$(sed "s#^$state/##; s#/state/log/#-#; s#/#-#g" <<<"$file")"
  done
  tail -n 3 "$logs"/*.log >&2 || true
}

on() { scripts/cluster in --state "$state" "$@"; }  # HOST COMMAND...

services() { # FILTER: of the compute services
  nova GET '/os-services?binary=nova-compute' | jq -r "[.services[] | select($1)] | length"
}
has_services() { [[ $(services "$1") == "$2" ]]; }
has_agents() { [[ $(neutron GET /agents | jq '[.agents[] | select(.alive)] | length') == "$1" ]]; }
host_of() { nova GET "/servers/$1" | jq -r '.server["OS-EXT-SRV-ATTR:host"] // ""'; }
is_on() { [[ $(host_of "$1") == "$2" ]]; }
set_service() { # HOST enabled|disabled
  local id
  id=$(nova GET "/os-services?binary=nova-compute&host=$1" | jq -r '.services[0].id')
  nova PUT "/os-services/$id" '{"status": "'"$2"'"}' >/dev/null
}

# make_network_named NAME: its id. All have the same addresses: what crosses would be answered.
make_network_named() {
  local id
  id=$(neutron POST /networks '{"network": {"name": "'"$1"'"}}' | jq -r .network.id)
  neutron POST /subnets '{"subnet": {"network_id": "'"$id"'", "ip_version": 4, "cidr": "10.77.0.0/24"}}' >/dev/null
  echo "$id"
}

# create_pinger NAME HOST NETWORK ADDRESS PEER...: a server that says on its console which peers answer it.
create_pinger() {
  local script
  script=$(printf '#!/bin/sh\n(for i in $(seq 90); do for peer in %s; do
    ping -c 1 -W 1 $peer >/dev/null && echo "GUEST: REACHED $peer" >/dev/ttyS0\ndone; sleep 1; done) &\n' "${*:5}" | base64 -w0)
  create "$1" '{"availability_zone": "nova:'"$2"'", "user_data": "'"$script"'",
    "networks": [{"uuid": "'"$3"'", "fixed_ip": "'"$4"'"}]}'
}

expect_unreached() { # SERVER ADDRESS
  ! console_has "$1" "REACHED $2\$" || fail "$2 was reached from another network"
}

before=$(ip -o link | wc -l; find /run/netns -mindepth 1 2>/dev/null | wc -l; wc -l </proc/self/mounts)
step 'start four hosts'
cat >"$work/more.conf" <<'END'
[DEFAULT]
report_interval = 1
service_down_time = 5
[libvirt]
virt_type = qemu
END
scripts/cluster start --state "$state" --tls --config "$work/more.conf"
api_address=$(sed -n 's#^export OS_AUTH_URL=https://\([^:]*\):.*#\1#p' "$state/openrc")
sign_in "$state/openrc"
wait_for 20 has_services '.state == "up"' 3
wait_for 20 has_agents 6

step 'a compute host has neither a database nor its password'
if on compute1 grep -rqs -e mysql -e mariadb "$state"/compute1/etc "$state"/compute1/state; then fail 'it knows the database'; fi
[[ -z $(on compute1 ss -Htnp state established dport = 3306) ]] || fail 'it is connected to MariaDB'
[[ ! -e $state/compute1/state/secrets.json ]] || fail 'it has made secrets of its own'

step 'all by TLS'
! curl -s "http://$api_address:5000/v3" >/dev/null || fail 'Keystone speaks plain HTTP'
read -r plain _ <"$state/controller/broker/ports"
for host in controller compute1; do
  [[ -z $(on "$host" ss -Htn state established dport = "$plain") ]] || fail "$host speaks plain AMQP"
done
database() { on controller mariadb --no-defaults --user=root --socket="$state/controller/mariadb/socket" -NBe "$1"; }
[[ $(database "SHOW GLOBAL STATUS LIKE 'Ssl_accepts'" | cut -f2) -ge 10 ]] || fail 'MariaDB is asked in the clear'

step 'two servers on a network, one on another'
upload_guest_image
make_flavor
one=$(make_network_named one)
other=$(make_network_named other)
neutron POST /security-group-rules "$(neutron GET '/security-groups?name=default' |
  jq -c '{security_group_rule: {security_group_id: .security_groups[0].id, direction: "ingress", protocol: "icmp"}}')" >/dev/null
a=$(create_pinger a compute1 "$one" 10.77.0.11 10.77.0.12 10.77.0.13)
b=$(create_pinger b compute2 "$one" 10.77.0.12 10.77.0.11 10.77.0.13)
c=$(create_pinger c compute2 "$other" 10.77.0.13 10.77.0.11 10.77.0.12)
for server in "$a" "$b" "$c"; do
  wait_for 60 is_settled "$server"
  is "$server" ACTIVE || fail "$(fault_of "$server")"
done
is_on "$a" compute1 || fail "a is on $(host_of "$a")"
is_on "$b" compute2 || fail "b is on $(host_of "$b")"
for server in "$a" "$b" "$c"; do wait_for 120 console_has "$server" 'GUEST: READY'; done
# Its own network carries the metadata of all three, from the controller: so silence between networks means something.
for server in "$a" "$b" "$c"; do expect_console "$server" "METADATA openstack uuid=$server"; done

step 'those on one network reach each other, across hosts'
wait_for 20 console_has "$a" 'REACHED 10.77.0.12$'
wait_for 20 console_has "$b" 'REACHED 10.77.0.11$'
step 'those on different networks do not'
sleep 2
expect_unreached "$a" 10.77.0.13
expect_unreached "$b" 10.77.0.13
expect_unreached "$c" 10.77.0.11
expect_unreached "$c" 10.77.0.12

step 'by entries of the server, not by multicast'
grep -q 'vxlan id' <<<"$(on compute1 ip -details link show type vxlan)" || fail 'no VXLAN device'
if on compute1 ip -details link show type vxlan | grep -E 'vxlan id .* (group|remote) '; then fail 'a multicast group'; fi
subnet=${api_address%.*}
grep -q "dst $subnet.12" <<<"$(on compute1 bridge fdb show)" || fail 'no entry for compute2'

step 'a guest on a compute host reaches a volume of the controller, and lets go of it'
volume_is() { [[ $(cinder GET "/volumes/$volume" | jq -r .volume.status) == "$1" ]]; }
volume=$(cinder POST /volumes '{"volume": {"size": 1}}' | jq -r .volume.id)
wait_for 20 volume_is available
nova POST "/servers/$b/os-volume_attachments" '{"volumeAttachment": {"volumeId": "'"$volume"'"}}' >/dev/null
wait_for 20 volume_is in-use
[[ $(on compute2 ss -Htn state established dport = 3260 | wc -l) == 1 ]] || fail 'compute2 is not connected to it'
nova DELETE "/servers/$b/os-volume_attachments/$volume"
wait_for 60 volume_is available
[[ -z $(on compute2 ss -Htn state established dport = 3260) ]] || fail 'compute2 is still connected to it'
cinder DELETE "/volumes/$volume"

step 'a compute service dies with a build in its hands'
set_service compute1 disabled
set_service compute2 disabled
compute=$(cat "$state/compute3/nova-compute.pid")
on compute3 kill -STOP "$compute"
d=$(create d '{"networks": "none"}')
wait_for 5 is_on "$d" compute3
set_service compute1 enabled
set_service compute2 enabled
on compute3 kill -KILL "$compute"
killed=$SECONDS
wait_for 15 has_services '.state == "down" and .host == "compute3"' 1
((SECONDS - killed <= 8)) || fail "it was called up for $((SECONDS - killed)) s"
step 'it is avoided, and the build goes to another host'
e=$(create e '{"networks": "none"}')
wait_for 30 is_settled "$d"
wait_for 30 is_settled "$e"
for server in "$d" "$e"; do
  is "$server" ACTIVE || fail "$(fault_of "$server")"
  ! is_on "$server" compute3 || fail 'it is on the host that is down'
done

step 'doctor compares each host with the cloud, without a database'
doctor() { # HOST ARGUMENT...
  on "$1" "$nephele" doctor --state-dir "$state/$1/state" --config-dir "$state/$1/etc" "${@:2}" || true
}
for host in compute1 compute2; do
  doctor "$host" >"$work/doctor"
  grep -q 'nothing was found' "$work/doctor" || fail "$(cat "$work/doctor")"
done
stray=11111111-2222-3333-4444-555555555555
mkdir -p "$state/compute3/state/instances/$stray"
grep -q "server $stray" <<<"$(doctor compute3)" || fail 'what is left of a server was not seen'
grep -q 'removed disks' <<<"$(doctor compute3 --repair)" || fail 'it was not mended'
[[ ! -e $state/compute3/state/instances/$stray ]] || fail 'it is still there'

step 'it comes back'
scripts/cluster run --state "$state" compute3 nova-compute
wait_for 10 has_services '.state == "up"' 3
[[ -z $(on compute3 pgrep -f qemu-system) ]] || fail 'a guest of the host that had lost it'

step 'stop'
scripts/cluster stop --state "$state"
[[ ! -e $state ]] || fail "left: $(find "$state")"
after=$(ip -o link | wc -l; find /run/netns -mindepth 1 2>/dev/null | wc -l; wc -l </proc/self/mounts)
[[ $before == "$after" ]] || fail "links, namespaces, mounts: $before before, $after after"
[[ -z $(pgrep -f "$state") ]] || fail "left: $(pgrep -af "$state")"
step 'done'
