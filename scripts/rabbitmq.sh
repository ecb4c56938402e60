#!/bin/bash
# A private RabbitMQ broker in a directory, on $BROKER_ADDRESS (127.0.0.1), as whoever runs it. To source or to run:
#   scripts/rabbitmq.sh start_broker DIR        scripts/rabbitmq.sh stop_broker DIR
# Its URL is in DIR/url. Everything that it needs is in DIR, so that what was durable survives kill_broker and the
# next start_broker. Needs `set -euo pipefail` when sourced.
# shellcheck shell=bash

broker_address=${BROKER_ADDRESS:-127.0.0.1}
rabbitmq_server=/usr/lib/rabbitmq/bin/rabbitmq-server # the one in PATH wants to be the user rabbitmq

broker_is_installed() { [[ -x $rabbitmq_server ]]; }

# start_broker DIR: returns when it takes connections. The ports are chosen at the first start and kept.
start_broker() {
  local dir deadline=$((SECONDS + 300)) port distribution epmd
  mkdir -p "$1/home"
  dir=$(cd "$1" && pwd)
  [[ -s $dir/ports ]] || free_broker_ports >"$dir/ports"
  read -r port distribution epmd <"$dir/ports"
  [[ -e $dir/tls/server.pem ]] || make_broker_certificates "$dir/tls"
  write_broker_configuration "$dir" "$port"
  start_epmd "$dir" "$epmd"
  rm -f "$dir/pid"
  (
    cd "$dir"
    export HOME=$dir/home ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT=$epmd ERL_CRASH_DUMP_SECONDS=0
    export RABBITMQ_NODENAME=broker$port@localhost RABBITMQ_NODE_IP_ADDRESS=$broker_address RABBITMQ_NODE_PORT=$port
    export RABBITMQ_DIST_PORT=$distribution RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_CONFIG_FILE=$dir/rabbitmq
    export RABBITMQ_MNESIA_BASE=$dir/mnesia RABBITMQ_LOG_BASE=$dir/log RABBITMQ_PID_FILE=$dir/pid
    export RABBITMQ_ENABLED_PLUGINS_FILE=$dir/plugins
    export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}"
    export RABBITMQ_SERVER_ERL_ARGS="+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none +MBas ageffcbf +MHas ageffcbf"
    exec setsid "$rabbitmq_server" >"$dir/out" 2>&1 </dev/null
  ) &
  echo $! >"$dir/group"
  until broker_answers "$port"; do
    if ((SECONDS > deadline)) || ! kill -0 "$(cat "$dir/group")" 2>/dev/null; then
      echo "the broker did not start:" >&2
      tail -n 20 "$dir/out" >&2
      stop_broker "$dir"
      return 1
    fi
    sleep 0.2
  done
  echo "rabbit://nephele:secret@$broker_address:$port/" >"$dir/url"
}

# tls_url_of_broker DIR: where it speaks TLS.
tls_url_of_broker() {
  local port
  read -r port _ <"$1/ports"
  sed "s#:$port/#:$((port + 1))/#" "$1/url"
}

# stop_broker DIR: the broker in order, and whatever is left of it and its port mapper.
stop_broker() {
  end_process_of "$1/pid" TERM
  kill_broker "$1"
  end_process_of "$1/epmd.pid" TERM
}

# kill_broker DIR: as a power cut. start_broker brings it back.
kill_broker() {
  [[ -s $1/group ]] || return 0
  kill -KILL -- "-$(cat "$1/group")" 2>/dev/null || true
  while ps -o stat= -s "$(cat "$1/group")" | grep -qv '^Z'; do sleep 0.05; done
  rm -f "$1/group"
}

# broker_control DIR ARGUMENT...: rabbitmqctl on that broker.
broker_control() {
  local dir port distribution epmd
  dir=$(cd "$1" && pwd)
  read -r port distribution epmd <"$dir/ports"
  HOME=$dir/home ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT=$epmd RABBITMQ_CONF_ENV_FILE=/dev/null \
    /usr/lib/rabbitmq/bin/rabbitmqctl -n "broker$port@localhost" "${@:2}"
}

# A broker without guests or plugins, small enough to stand beside a test. On the port after the plain one it speaks TLS,
# and wants the certificate DIR/tls/client.pem.
write_broker_configuration() { # DIR PORT
  echo '[].' >"$1/plugins"
  if [[ ! -e $1/home/.erlang.cookie ]]; then
    head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$1/home/.erlang.cookie"
    chmod 400 "$1/home/.erlang.cookie"
  fi
  cat >"$1/rabbitmq.conf" <<END
default_user = nephele
default_pass = secret
vm_memory_high_watermark.absolute = 512MB
disk_free_limit.absolute = 50MB
raft.wal_max_size_bytes = 16000000
log.console = false
listeners.ssl.1 = $broker_address:$(($2 + 1))
ssl_options.cacertfile = $1/tls/ca.pem
ssl_options.certfile = $1/tls/server.pem
ssl_options.keyfile = $1/tls/server.key
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = true
END
}

# An authority, and what it vouches for: a server named localhost (and ADDRESS, as a name, too: librabbitmq looks at no
# other), and a client. And a stranger among authorities.
make_broker_certificates() { # DIR [ADDRESS]
  local name names=DNS:localhost${2:+,DNS:$2,IP:$2}
  local key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
  mkdir -p "$1"
  {
    openssl req -x509 "${key[@]}" -subj /CN=authority -days 3650 -keyout "$1/ca.key" -out "$1/ca.pem"
    openssl req -x509 "${key[@]}" -subj /CN=stranger -days 3650 -keyout "$1/stranger.key" -out "$1/stranger.pem"
    for name in client server; do
      openssl req "${key[@]}" -subj /CN=localhost -keyout "$1/$name.key" -out "$1/$name.csr"
      openssl x509 -req -in "$1/$name.csr" -CA "$1/ca.pem" -CAkey "$1/ca.key" -CAcreateserial -days 3650 \
        -extfile <(echo "subjectAltName=$names") -out "$1/$name.pem"
    done
  } 2>"$1/out" || { cat "$1/out" >&2; return 1; }
}

start_epmd() { # DIR PORT
  if [[ -s $1/epmd.pid ]] && kill -0 "$(cat "$1/epmd.pid")" 2>/dev/null; then return; fi
  setsid epmd -address 127.0.0.1 -port "$2" >/dev/null 2>&1 </dev/null &
  echo $! >"$1/epmd.pid"
}

# Four free ports below those that the kernel gives to clients: AMQP and, after it, AMQP over TLS; those of Erlang's nodes and of epmd.
free_broker_ports() {
  local base port taken
  taken=$(ss -Hltn | awk '{sub(/.*:/, "", $4); print $4}')
  for base in $(seq 23000 4 28000 | shuf); do
    for port in 0 1 2 3; do
      ! grep -qx $((base + port)) <<<"$taken" || continue 2
    done
    echo "$base $((base + 2)) $((base + 3))"
    return
  done
}

broker_answers() ( # PORT: whether it greets as AMQP does
  exec 3<>"/dev/tcp/$broker_address/$1" && printf 'AMQP\0\0\11\1' >&3 && read -r -N 1 -t 5 <&3
) 2>/dev/null

# Ends the process whose id is in a file, and waits for its end; after 30 s by force.
end_process_of() { # FILE SIGNAL
  local pid deadline=$((SECONDS + 30))
  [[ -s $1 ]] || return 0
  pid=$(cat "$1")
  rm -f "$1"
  kill "-$2" "$pid" 2>/dev/null || return 0
  while kill -0 "$pid" 2>/dev/null && [[ $(ps -o stat= -p "$pid") != Z* ]]; do
    ((SECONDS <= deadline)) || kill -KILL "$pid" 2>/dev/null || return 0
    sleep 0.05
  done
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  set -euo pipefail
  "$@"
fi
