#!/bin/bash
# A private MariaDB server for tests and scripts, apart from the machine's own.
#   mariadb.sh start DIRECTORY [PORT [ADDRESS]]   on DIRECTORY/socket and 127.0.0.1:PORT; user and password: nephele
#   mariadb.sh database DIRECTORY NAME...   makes empty databases
#   mariadb.sh stop DIRECTORY               ends it; its data stays
# NEPHELE_MARIADB_SIZE=default takes MariaDB's own sizes of log and buffers instead of small ones, which flush all the time.
# NEPHELE_TEST_DATABASE="mysql://root@localhost/mysql?unix_socket=DIRECTORY/socket" makes the tests use it.
set -euo pipefail

usage() { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
(($# >= 2)) || usage
command=$1 directory=$(realpath -m "$2")
shift 2
client=(mariadb --no-defaults --user=root --socket="$directory/socket")

is_running() { [[ -s $directory/pid ]] && kill -0 "$(<"$directory/pid")" 2>/dev/null; }

start() { # [PORT [ADDRESS]]
  command -v mariadbd mariadb-install-db >/dev/null ||
    { echo "mariadb-server is not installed (scripts/install-dependencies test)" >&2; exit 77; }
  is_running && { echo "it runs already: process $(<"$directory/pid")" >&2; exit 1; }
  # Temporary tables of its own: a server that starts removes those that it finds.
  mkdir -p "$directory/tmp"
  chmod 700 "$directory"
  local user network=(--skip-networking) sizes=(--innodb-buffer-pool-size=64M --innodb-log-file-size=16M)
  user=$(id -un)
  [[ ${NEPHELE_MARIADB_SIZE:-small} != default ]] || sizes=()
  (($# == 0)) || network=(--port="$1" --bind-address="${2:-127.0.0.1}")
  # Whoever puts a certificate there gets a server that speaks TLS, too.
  [[ ! -e $directory/tls/server.pem ]] ||
    network+=(--ssl-cert="$directory/tls/server.pem" --ssl-key="$directory/tls/server.key")
  [[ -d $directory/data ]] ||
    mariadb-install-db --no-defaults --datadir="$directory/data" --user="$user" --skip-test-db \
      --auth-root-authentication-method=normal "${sizes[@]}" >"$directory/install.log"
  # Its memory in large pages: every statement walks through much of it.
  GLIBC_TUNABLES=glibc.malloc.hugetlb=1 setsid mariadbd --no-defaults --datadir="$directory/data" --user="$user" \
    --socket="$directory/socket" --tmpdir="$directory/tmp" "${network[@]}" \
    --pid-file="$directory/pid" --log-error="$directory/log.err" --skip-name-resolve --skip-log-bin \
    --performance-schema=OFF --max-connections=500 --innodb-flush-log-at-trx-commit=1 \
    "${sizes[@]}" --innodb-use-native-aio=0 \
    </dev/null >/dev/null 2>&1 &
  local try
  for ((try = 0; try < 300; try++)); do
    if "${client[@]}" -e 'SELECT 1' >/dev/null 2>&1; then
      "${client[@]}" -e "CREATE USER IF NOT EXISTS nephele@'%' IDENTIFIED BY 'nephele';
        GRANT ALL ON *.* TO nephele@'%'"
      return
    fi
    sleep 0.2
  done
  tail -n 20 "$directory/log.err" >&2
  exit 1
}

stop() {
  is_running || return 0
  local pid
  pid=$(<"$directory/pid")
  kill "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
}

case $command in
  start) start "$@" ;;
  database) for name in "$@"; do "${client[@]}" -e "CREATE DATABASE \`$name\`"; done ;;
  stop) stop ;;
  *) usage ;;
esac
