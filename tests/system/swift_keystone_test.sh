#!/bin/bash
# Images in a real Swift that asks Keystone who comes (keystonemiddleware): what every store promises, an image by Glance's
# API, tokens that end, a password that is changed.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh
. tests/system/rest.sh
. tests/system/roles.sh

((EUID == 0)) || skip 'needs root: mount namespaces'
for program in swift-proxy-server memcached jq; do
  command -v "$program" >/dev/null || skip "$program is not installed (scripts/install-dependencies swift)"
done

work=$(mktemp -d /tmp/nephele-swift-XXXXXX)
cleanup() {
  local status=$?
  kill_roles
  ((status == 0)) || tail -n 5 "$work"/swift/log/* "$work"/state/log/* 2>/dev/null >&2
  scripts/swift.sh stop "$work/swift"
  rm -rf "$work"
}
trap cleanup EXIT
offset=$(free_port_offset)
api_address=127.0.0.1
state=$work/state
mkdir -p "$state/etc"
arguments=(--state-dir "$state" --config-dir "$state/etc" --port-offset "$offset")

keystone() { api 5000 "$1" "/v3$2" "${@:3}"; }
id_of() { keystone GET "/$1?name=$2" | jq -r ".$1[0].id"; }                      # COLLECTION NAME
made() { keystone POST "/$1s" "{\"$1\": {$2}}" | jq -r ".$1.id"; }                # KIND MEMBERS
grant() { keystone PUT "/projects/$1/users/$2/roles/$(id_of roles "$3")"; }       # PROJECT-ID USER-ID ROLE
configure() { # PASSWORD
  cat >"$state/etc/glance.conf" <<END
[DEFAULT]
enabled_backends = swift:swift
[glance_store]
default_backend = swift
[swift]
swift_store_auth_address = http://127.0.0.1:$((5000 + offset))/v3
swift_store_user = images:glance-swift
swift_store_key = $1
swift_store_create_container_on_put = true
swift_store_large_object_chunk_size = 1
END
}
image_file() { # CURL-OPTION...: of $image
  curl -s -w '%{http_code}' "http://127.0.0.1:$((9292 + offset))/v2/images/$image/file" -H "X-Auth-Token: $token" "$@"
}
upload() { # FILE: its status; the image is $image
  image=$(glance POST /images '{"disk_format": "raw", "container_format": "bare"}' | jq -r .id)
  status=$(image_file -X PUT -H 'Content-Type: application/octet-stream' --data-binary "@$1" -o "$work/answer")
}
download() { status=$(image_file -o "$work/back"); }

step 'a Swift that Keystone knows, and whose accounts are those of projects'
start_role keystone keystone
sign_in "$state/openrc"
service_project=$(id_of projects service)
grant "$service_project" "$(made user '"name": "swift", "password": "testing"')" service
swift=$(scripts/swift.sh start "$work/swift" "$OS_AUTH_URL")
made role '"name": "swiftoperator"' >/dev/null
service=$(made service '"name": "swift", "type": "object-store"')
for interface in public internal; do
  made endpoint "\"service_id\": \"$service\", \"interface\": \"$interface\", \"region_id\": \"RegionOne\",
    \"url\": \"$swift/v1/KEY_%(project_id)s\"" >/dev/null
done
project=$(made project '"name": "images"')
user=$(made user '"name": "glance-swift", "password": "first"')
grant "$project" "$user" swiftoperator

step 'what every store promises'
NEPHELE_TEST_SWIFT_KEYSTONE=$OS_AUTH_URL build/asan/glance_test --gtest_filter='*StoreConformance*/swift_keystone' \
  >"$work/conformance" 2>&1 || { cat "$work/conformance"; fail 'not what a store promises'; }
grep -q '\[  PASSED  \] [1-9]' "$work/conformance" || fail 'nothing was tried'

step 'an image, in segments'
configure first
start_role glance glance-registry glance-api
head -c 3000000 /dev/urandom >"$work/bytes"
upload "$work/bytes"
[[ $status == 204 ]] || fail "the upload: $status"
download
cmp "$work/bytes" "$work/back"
scoped() { # the token of the user of Swift
  curl -sf -D - -o /dev/null -H 'Content-Type: application/json' "$OS_AUTH_URL/auth/tokens" -d '{"auth": {
    "identity": {"methods": ["password"], "password": {"user": {"name": "glance-swift", "domain": {"id": "default"},
      "password": "'"$1"'"}}}, "scope": {"project": {"id": "'"$project"'"}}}}' |
    tr -d '\r' | sed -n 's/^[Xx]-[Ss]ubject-[Tt]oken: //p'
}
objects() { curl -sf -H "X-Auth-Token: $(scoped "$1")" "$swift/v1/KEY_$project/glance"; } # PASSWORD
(($(objects first | wc -l) == 4)) || { objects first >&2; fail 'not three segments and what names them'; }
[[ $(curl -s -o /dev/null -w '%{http_code}' -H "X-Auth-Token: $token" "$swift/v1/KEY_$project/glance") == 403 ]] ||
  fail 'Swift lets somebody else in'

step 'a changed password ends its tokens: Glance says that it is not let in, and never the password'
keystone PATCH "/users/$user" '{"user": {"password": "second"}}' >/dev/null
refused() { download && [[ $status == 503 ]]; }
wait_for 30 refused
upload "$work/bytes"
[[ $status == 503 ]] || fail "an upload without a token: $status"
! grep -rqw -e first -e second "$state/log" "$work/back" "$work/answer" || fail 'it tells the password'

step 'with the new one it goes on'
stop_role glance
configure second
start_role glance glance-registry glance-api
sign_in "$state/openrc"
upload "$work/bytes"
[[ $status == 204 ]] || fail "the upload: $status"
download
cmp "$work/bytes" "$work/back"

step 'a token that has ended is no reason to fail: Glance signs in again'
keystone PATCH "/users/$user" '{"user": {"enabled": false}}' >/dev/null
wait_for 30 refused
keystone PATCH "/users/$user" '{"user": {"enabled": true}}' >/dev/null
download
[[ $status == 200 ]] || fail "the download: $status"
cmp "$work/bytes" "$work/back"

step 'images that go leave nothing in Swift'
for image in $(glance GET /images | jq -r '.images[].id'); do glance DELETE "/images/$image"; done
is_empty() { [[ -z $(objects second) ]]; }
wait_for 60 is_empty || { objects second >&2; fail 'something was left'; }
stop_role glance
stop_role keystone
echo passed
