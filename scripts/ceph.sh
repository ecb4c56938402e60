#!/bin/bash
# A private Ceph of one node for tests: a monitor, a manager and an OSD that keeps all in memory, at 127.0.0.1.
#   ceph.sh start DIRECTORY   prints the path of its ceph.conf, which has the key of client.admin; there are pools "rbd" and
#                             "other"
#   ceph.sh gateway DIRECTORY starts a gateway to it that speaks S3, too, and prints its URL; access key test:tester,
#                             secret key testing
#   ceph.sh stop DIRECTORY    ends its processes; what the OSD had is gone
# NEPHELE_TEST_CEPH=PATH-OF-CEPH.CONF and NEPHELE_TEST_S3=URL make the tests of images and volumes use them.
set -euo pipefail

usage() { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
(($# == 2)) || usage
directory=$(realpath -m "$2")

# A port that nobody listens at, below those that the kernel gives to clients and beside those that OSDs take.
free_port() {
  local taken
  taken=$(ss -Hltn | awk '{sub(/.*:/, "", $4); print $4}')
  shuf -i 20000-30000 | grep -vxF "${taken:-none}" | head -n 1 || true
}

# Beyond the one node: as few features as tests need, and no complaint about a machine that is small.
write_configuration() { # FSID PORT
  cat >ceph.conf <<END
[global]
fsid = $1
mon_host = v2:127.0.0.1:$2/0
ms_bind_msgr1 = false
public_network = 127.0.0.0/8
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
auth_allow_insecure_global_id_reclaim = false
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pgp_num = 8
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_allow_pool_delete = true
mon_warn_on_pool_no_redundancy = false
mon_data_avail_crit = 1
mon_data_avail_warn = 1
keyring = $directory/keyring
run_dir = $directory/run
log_file = $directory/log/\$name.log
[mon]
mon_data = $directory/mon
mon_initial_members = a
admin_socket = $directory/run/\$name.asok
[mgr]
mgr_data = $directory/mgr
mgr_initial_modules =
admin_socket = $directory/run/\$name.asok
[osd]
osd_data = $directory/osd
osd_objectstore = memstore
memstore_device_bytes = 4294967296
osd_memory_target = 939524096
admin_socket = $directory/run/\$name.asok
END
}

# Reads the configuration, and asks no longer than the cluster may take to come up.
ask() { timeout 60 ceph --conf ceph.conf --connect-timeout 30 "$@"; }

launch() { # NAME PROGRAM ARGUMENT...
  setsid "$2" --conf "$directory/ceph.conf" --foreground "${@:3}" </dev/null >"log/$1.out" 2>&1 &
  echo $! >"run/$1.pid"
}

make_monitor() { # FSID PORT
  ceph-authtool --create-keyring keyring --gen-key -n mon. --cap mon 'allow *' >/dev/null
  ceph-authtool keyring --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
  monmaptool --create --clobber --addv a "[v2:127.0.0.1:$2/0]" --fsid "$1" monmap >/dev/null
  ceph-mon --conf ceph.conf --mkfs -i a --monmap monmap --keyring keyring
}

make_osd() {
  local uuid
  uuid=$(cat /proc/sys/kernel/random/uuid)
  ask auth get-or-create mgr.x mon 'allow profile mgr' osd 'allow *' >>keyring
  ask auth get-or-create osd.0 mon 'allow profile osd' mgr 'allow profile osd' osd 'allow *' >>keyring
  ask osd new "$uuid" 0 >/dev/null
  ceph-osd --conf ceph.conf -i 0 --mkfs --osd-uuid "$uuid" >log/mkfs.out 2>&1
}

start_all() {
  local fsid port
  fsid=$(cat /proc/sys/kernel/random/uuid)
  port=$(free_port)
  write_configuration "$fsid" "$port"
  make_monitor "$fsid" "$port"
  launch mon ceph-mon -i a
  make_osd
  launch mgr ceph-mgr -i x
  launch osd ceph-osd -i 0
  local deadline=$((SECONDS + 90))
  # The manager tells how full pools are.
  until ask osd stat | grep -q '1 up' && ask mgr stat | grep -q '"available": true'; do
    ((SECONDS < deadline)) || return 1
    sleep 0.2
  done
  local pool
  for pool in rbd other; do
    ask osd pool create "$pool" 8 2>/dev/null
    ask osd pool application enable "$pool" rbd 2>/dev/null
  done
}

start() {
  local program
  for program in ceph-mon ceph-mgr ceph-osd ceph; do
    command -v "$program" >/dev/null ||
      { echo "Ceph is not installed (scripts/install-dependencies ceph)" >&2; exit 77; }
  done
  mkdir -p "$directory"/{mon,mgr,osd,run,log}
  cd "$directory"
  chmod 700 "$directory"
  if ! start_all >log/start 2>&1; then
    tail -n 5 log/start log/*.out >&2
    stop
    exit 1
  fi
  echo "$directory/ceph.conf"
}

gateway() {
  command -v radosgw >/dev/null || { echo "radosgw is not installed (scripts/install-dependencies ceph)" >&2; exit 77; }
  cd "$directory"
  local port deadline=$((SECONDS + 120))
  port=$(free_port)
  ask auth get-or-create client.rgw.a mon 'allow rw' osd 'allow rwx' mgr 'allow rw' >>keyring 2>log/gateway
  launch rgw radosgw -n client.rgw.a --rgw-frontends "beast endpoint=127.0.0.1:$port" --rgw-thread-pool-size 16
  until curl -s -o log/gateway "http://127.0.0.1:$port/"; do
    ((SECONDS < deadline)) || { tail -n 5 log/rgw.out >&2; exit 1; }
    sleep 0.2
  done
  radosgw-admin --conf ceph.conf user create --uid tester --display-name tester --access-key test:tester \
    --secret-key testing >log/gateway
  echo "http://127.0.0.1:$port"
}

# An OSD without its monitor does not end: last comes what was first.
stop() {
  local name pid i
  for name in rgw osd mgr mon; do
    pid=$(cat "$directory/run/$name.pid" 2>/dev/null) || continue
    kill "$pid" 2>/dev/null || true
    for ((i = 0; i < 100; ++i)); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
    rm -f "$directory/run/$name.pid"
  done
}

case $1 in
  start) start ;;
  gateway) gateway ;;
  stop) stop ;;
  *) usage ;;
esac
