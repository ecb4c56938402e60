#!/bin/bash
# A private OpenStack Swift for tests: Swift's API by TempAuth, and S3 by its s3api. Needs root (a mount namespace).
#   swift.sh start DIRECTORY [KEYSTONE-URL]   prints its URL; user test:tester, key testing; S3: the same two. Accounts
#       KEY_PROJECT-ID belong to those who have the role swiftoperator in that Keystone, which knows the user swift of
#       the project service, password testing, as a service
#   swift.sh stop DIRECTORY                   ends its processes; its data stays
# NEPHELE_TEST_SWIFT=URL makes the tests of image stores use it.
set -euo pipefail

usage() { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
(($# >= 2 && $# <= 3)) || usage
directory=$(realpath -m "$2")
keystone=${3:-}
servers=(account container object proxy)

# So many ports that nobody listens at, below those that the kernel gives to clients.
free_ports() { # COUNT
  local taken
  taken=$(ss -Hltn | awk '{sub(/.*:/, "", $4); print $4}')
  shuf -i 20000-30000 | grep -vxF "${taken:-none}" | head -n "$1" || true
}

make_rings() { # FIRST-PORT...
  local server
  for server in account container object; do
    swift-ring-builder "etc/$server.builder" create 6 1 0
    swift-ring-builder "etc/$server.builder" add "r1z1-127.0.0.1:$1/d1" 1
    swift-ring-builder "etc/$server.builder" rebalance
    shift
  done >/dev/null
}

write_server() { # NAME PORT
  cat >"etc/$1-server.conf" <<END
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $2
workers = 0
user = $(id -un)
swift_dir = $directory/etc
devices = $directory/srv
mount_check = false
disable_fallocate = true
[pipeline:main]
pipeline = $1-server
[app:$1-server]
use = egg:swift#$1
END
}

write_keystone_filters() {
  cat <<END
[filter:authtoken]
paste.filter_factory = keystonemiddleware.auth_token:filter_factory
www_authenticate_uri = $keystone
auth_url = $keystone
auth_type = password
user_domain_id = default
project_domain_id = default
project_name = service
username = swift
password = testing
delay_auth_decision = true
include_service_catalog = false
cache = swift.cache
token_cache_time = -1
[filter:keystoneauth]
use = egg:swift#keystoneauth
operator_roles = swiftoperator
reseller_prefix = KEY_
END
}

write_proxy() { # PORT MEMCACHED-PORT
  cat >etc/proxy-server.conf <<END
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $1
workers = 0
user = $(id -un)
swift_dir = $directory/etc
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache listing_formats bulk s3api ${keystone:+authtoken keystoneauth} tempauth copy slo dlo versioned_writes proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:s3api]
use = egg:swift#s3api
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:$2
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
END
  local filter
  for filter in catch_errors gatekeeper healthcheck listing_formats bulk copy slo dlo; do
    printf '[filter:%s]\nuse = egg:swift#%s\n' "$filter" "$filter" >>etc/proxy-server.conf
  done
  [[ ! $keystone ]] || write_keystone_filters >>etc/proxy-server.conf
}

start() {
  command -v swift-proxy-server memcached >/dev/null ||
    { echo "Swift is not installed (scripts/install-dependencies swift)" >&2; exit 77; }
  mkdir -p "$directory"/{etc,srv/d1,run,log}
  cd "$directory"
  local ports server
  mapfile -t ports < <(free_ports 5)
  printf '[swift-hash]\nswift_hash_path_suffix = test\nswift_hash_path_prefix = test\n[storage-policy:0]\nname = one\ndefault = yes\n' >etc/swift.conf
  make_rings "${ports[@]:0:3}"
  write_server account "${ports[0]}"
  write_server container "${ports[1]}"
  write_server object "${ports[2]}"
  write_proxy "${ports[3]}" "${ports[4]}"
  setsid memcached -u "$(id -un)" -l 127.0.0.1 -p "${ports[4]}" -m 16 </dev/null >log/memcached 2>&1 &
  echo $! >run/memcached
  # Each sees its configuration where Swift looks for it: /etc/swift/swift.conf is a fixed path.
  for server in "${servers[@]}"; do
    setsid unshare -m bash -c 'mount --bind "$1/etc" /etc/swift && exec "swift-$2-server" "$1/etc/$2-server.conf"' \
      - "$directory" "$server" </dev/null >"log/$server" 2>&1 &
    echo $! >"run/$server"
  done
  local url=http://127.0.0.1:${ports[3]} deadline=$((SECONDS + 60))
  until curl -sf "$url/healthcheck" >/dev/null; do
    if ((SECONDS > deadline)); then
      tail -n 5 log/* >&2
      stop
      exit 1
    fi
    sleep 0.2
  done
  echo "$url"
}

stop() {
  local server pid
  for server in "${servers[@]}" memcached; do
    pid=$(cat "$directory/run/$server" 2>/dev/null) || continue
    kill "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
    rm -f "$directory/run/$server"
  done
}

case $1 in
  start) start ;;
  stop) stop ;;
  *) usage ;;
esac
