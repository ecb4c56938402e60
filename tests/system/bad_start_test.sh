#!/bin/bash
# A role that lacks something says what, and waits if that may come: a database that is not there yet, an old schema, keys
# that nobody has made. What needs another configuration ends it, with a status by which no service manager tries again.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh
. tests/system/rest.sh
PATH=$PATH:/usr/sbin command -v mariadbd >/dev/null || { echo 'mariadb-server is not installed'; exit 77; }

work=$(mktemp -d /tmp/nephele-start-XXXXXX)
cleanup() {
  [[ ! ${role_pid:-} ]] || kill -KILL "$role_pid" 2>/dev/null || true
  scripts/mariadb.sh stop "$work/mariadb"
  rm -rf "$work"
}
trap cleanup EXIT
mkdir -p "$work/etc"
offset=$(free_port_offset)
arguments=(--state-dir "$work/state" --config-dir "$work/etc" --port-offset "$offset")

configure() { cat >"$work/etc/nephele.conf"; }  # what it says is on standard input
database_url() { echo "mysql+pymysql://nephele:${2:-nephele}@localhost/$1?unix_socket=$work/mariadb/socket"; } # NAME [PASSWORD]

# refused STATUS ROLE PATTERN...: it ends so, and says all of that, but no password.
refused() {
  local status=0 pattern out=$work/out.$BASHPID # of its own: one of them runs beside the others
  timeout "${patience:-60}" "$nephele" run "$2" "${arguments[@]}" >"$out" 2>&1 || status=$?
  [[ $status == "$1" ]] || { cat "$out"; fail "status $status, not $1"; }
  for pattern in "${@:3}"; do
    grep -qF -- "$pattern" "$out" || { cat "$out"; fail "it does not say: $pattern"; }
  done
  if grep -rq 'not-to-be-told' "$out" "$work/state/log"; then fail 'it tells a password'; fi
}

step 'without what it needs'
configure </dev/null
refused 78 nova-compute 'set [DEFAULT] transport_url' "$work/etc/nephele.conf" '[service_user] password'
refused 78 neutron-metadata-agent 'metadata_proxy_shared_secret'
step 'a misspelt option'
configure <<<$'[DEFAULT]\ntransport_ulr = rabbit://x:not-to-be-told@y/'
refused 78 nova-compute "$work/etc/nephele.conf:2:" 'did you mean "transport_url"?'
step 'no role of that name'
refused 1 nova-compote "there is no role 'nova-compote'"

step 'a database that refuses'
scripts/mariadb.sh start "$work/mariadb"
scripts/mariadb.sh database "$work/mariadb" keystone
configure <<<$'[database]\nconnection = '"$(database_url '{service}' not-to-be-told)"
refused 78 keystone 'does not let the user nephele into the database keystone' '[database] connection'
configure <<<$'[database]\nconnection = '"$(database_url '{service}_new')"
refused 78 keystone 'keystone_new'

step 'a broker that is not there is waited for'
configure <<<$'[DEFAULT]\ntransport_url = rabbit://x:not-to-be-told@127.0.0.1:1/\nservice_password = x'
patience=8 refused 124 nova-compute 'The message queue cannot be reached' '127.0.0.1:1' 'Trying again in 2 s' &
waiting=$!

step 'a database that is not there, an old schema, and keys that are missing are waited for'
scripts/mariadb.sh stop "$work/mariadb"
configure2() { mkdir -p "$work/etc2"; cat >"$work/etc2/nephele.conf"; }
configure2 <<<$'[database]\npool_timeout = 1\nconnection = '"$(database_url '{service}')"
arguments2=(--state-dir "$work/state2" --config-dir "$work/etc2" --port-offset "$offset")
"$nephele" run keystone "${arguments2[@]}" >"$work/role.out" 2>&1 &
role_pid=$!
says() { grep -qF -- "$1" "$work/role.out"; }
wait_for 30 says 'cannot be opened: check that it runs'
scripts/mariadb.sh start "$work/mariadb"
wait_for 40 says 'run `nephele db sync`'
scripts/mariadb.sh database "$work/mariadb" glance neutron nova cinder
"$nephele" db sync "${arguments2[@]}" >/dev/null
wait_for 60 says 'run `nephele bootstrap`'
"$nephele" bootstrap "${arguments2[@]}" >/dev/null
wait_for 60 says 'nephele is ready'
sign_in "$work/state2/openrc"
kill -TERM "$role_pid"
wait "$role_pid" || fail "it ended with status $?"
role_pid=

step 'a schema of a newer program'
mariadb --no-defaults --user=root --socket="$work/mariadb/socket" keystone \
  -e "INSERT INTO schema_migrations (number, name) VALUES (9999, 'of the future')"
arguments=("${arguments2[@]}")
refused 1 keystone 'keystone: The database has schema version 9999' 'a newer one'

wait "$waiting" || fail 'see above'
step 'done'
