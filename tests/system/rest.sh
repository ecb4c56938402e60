# Sourced by tests that drive a cloud over REST (curl takes milliseconds where the client takes seconds): at $api_address,
# with $offset added to each port. sign_in first. Needs $work, a directory of the test.
# shellcheck shell=bash

step() {
  printf '%s %s\n' "$(date +%T)" "$*"
}

skip() {
  echo "$1"
  exit 77
}

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# sign_in OPENRC: as whom it says; $token is what it gets.
sign_in() {
  . "$1"
  [[ ! ${OS_CACERT:-} ]] || export CURL_CA_BUNDLE=$OS_CACERT
  token=$(curl -sf -D - -o /dev/null -H 'Content-Type: application/json' "$OS_AUTH_URL/auth/tokens" -d '{"auth": {
    "identity": {"methods": ["password"], "password": {"user": {"name": "'"$OS_USERNAME"'",
      "domain": {"id": "default"}, "password": "'"$OS_PASSWORD"'"}}},
    "scope": {"project": {"name": "'"$OS_PROJECT_NAME"'", "domain": {"id": "default"}}}}}' |
    tr -d '\r' | sed -n 's/^[Xx]-[Ss]ubject-[Tt]oken: //p')
  [[ $token ]] || fail 'no token'
}

# api PORT METHOD PATH [BODY]: the answer's body; fails on an error status.
api() {
  curl -s --fail-with-body -X "$2" "${OS_AUTH_URL%%:*}://$api_address:$(($1 + offset))$3" -H "X-Auth-Token: $token" \
    -H 'OpenStack-API-Version: compute 2.79, volume 3.59' -H 'Content-Type: application/json' ${4:+--data "$4"}
}
nova() { api 8774 "$1" "/v2.1$2" "${@:3}"; }
cinder() { api 8776 "$1" "/v3$2" "${@:3}"; }
neutron() { api 9696 "$1" "/v2.0$2" "${@:3}"; }
glance() { api 9292 "$1" "/v2$2" "${@:3}"; }

upload_guest_image() {
  scripts/build-guest-image "$work/guest.qcow2"
  image=$(glance POST /images '{"name": "guest", "disk_format": "qcow2", "container_format": "bare"}' | jq -r .id)
  curl -sf -X PUT "${OS_AUTH_URL%%:*}://$api_address:$((9292 + offset))/v2/images/$image/file" -H "X-Auth-Token: $token" \
    -H 'Content-Type: application/octet-stream' --data-binary "@$work/guest.qcow2"
}

make_flavor() {
  flavor=$(nova POST /flavors '{"flavor": {"name": "tiny", "ram": 128, "disk": 0, "vcpus": 1}}' | jq -r .flavor.id)
}

make_network() {
  network=$(neutron POST /networks '{"network": {"name": "compute-test"}}' | jq -r .network.id)
  neutron POST /subnets '{"subnet": {"network_id": "'"$network"'", "ip_version": 4, "cidr": "10.77.0.0/24"}}' >/dev/null
}

# create NAME [MEMBERS]: asks for a server; its id. MEMBERS are more of the request, as JSON; without networks among
# them it is on the test's network.
create() {
  local more=${2:-"{}"}
  nova POST /servers "$(jq -nc --arg name "$1" --arg image "$image" --arg flavor "$flavor" --arg network "${network:-}" \
    --argjson more "$more" '{server: ({name: $name, imageRef: $image, flavorRef: $flavor,
      networks: [{uuid: $network}]} + $more)}')" | jq -r .server.id
}

status_of() { nova GET "/servers/$1" | jq -r .server.status; }
fault_of() { nova GET "/servers/$1" | jq -r .server.fault.message; }
is() { [[ $(status_of "$1") == "$2" ]]; }
is_settled() { [[ $(status_of "$1") =~ ^(ACTIVE|ERROR)$ ]]; }
is_gone() { ! nova GET "/servers/$1" >/dev/null; }

console_of() {
  nova POST "/servers/$1/action" '{"os-getConsoleOutput": {}}' | jq -r .output | tr -d '\r'
}

console_has() { # SERVER PATTERN
  grep -aqE -- "$2" <<<"$(console_of "$1")"
}

expect_console() { # SERVER PATTERN...
  local server=$1 pattern
  shift
  for pattern in "$@"; do
    console_has "$server" "$pattern" || {
      console_of "$server" | grep -a GUEST >&2
      fail "the console does not say: $pattern"
    }
  done
}

delete() { # SERVER...: returns when they are gone
  local server
  for server in "$@"; do nova DELETE "/servers/$server"; done
  for server in "$@"; do wait_for 60 is_gone "$server"; done
}
