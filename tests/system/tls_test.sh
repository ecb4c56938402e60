#!/bin/bash
# A cloud whose APIs speak TLS: Keystone and Glance in processes of their own, which ask each other by https and trust the
# authority of the test only; the client that operators use; a certificate that is replaced; who is not trusted.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh
. tests/system/rest.sh
. tests/system/roles.sh

work=$(mktemp -d /tmp/nephele-tls-XXXXXX)
cleanup() {
  kill_roles
  rm -rf "$work"
}
trap cleanup EXIT
offset=$(free_port_offset)
state=$work/state
arguments=(--state-dir "$state" --config-dir "$work/etc" --port-offset "$offset")
mkdir -p "$work/etc" "$work/tls"

authority() { # NAME
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -days 2 \
    -keyout "$work/tls/$1.key" -out "$work/tls/$1.pem" 2>/dev/null
}
certify() { # NAME ALTERNATIVE-NAMES AUTHORITY
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$work/tls/$1.key" \
    -out "$work/tls/$1.csr" 2>/dev/null
  openssl x509 -req -in "$work/tls/$1.csr" -CA "$work/tls/$3.pem" -CAkey "$work/tls/$3.key" -CAcreateserial -days 2 \
    -extfile <(echo "subjectAltName=$2") -out "$work/tls/$1.pem" 2>/dev/null
}
configure() { # CAFILE
  cat >"$work/etc/nephele.conf" <<CONF
[ssl]
cert_file = $work/tls/api.pem
key_file = $work/tls/api.key
[keystone_authtoken]
cafile = $1
CONF
}

authority ca
authority stranger
certify api IP:127.0.0.1,DNS:localhost ca
certify other IP:127.0.0.1 stranger

step 'a key that is not the certificate'"'"'s'
configure "$work/tls/ca.pem"
cp "$work/tls/api.key" "$work/tls/right.key"
cp "$work/tls/other.key" "$work/tls/api.key"
status=0
timeout 60 "$nephele" run keystone "${arguments[@]}" >"$work/out" 2>&1 || status=$?
[[ $status == 78 ]] && grep -qF '[ssl] key_file' "$work/out" || { cat "$work/out"; fail "status $status"; }
cp "$work/tls/right.key" "$work/tls/api.key"

step 'the APIs speak https'
start_role keystone keystone
start_role glance glance-registry glance-api
grep -q "^export OS_AUTH_URL=https://127.0.0.1:$((5000 + offset))/v3" "$state/openrc" || fail 'openrc is not https'
grep -q "^export OS_CACERT=$work/tls/ca.pem" "$state/openrc" || fail 'openrc names no authority'
export CURL_CA_BUNDLE=$work/tls/ca.pem
sign_in "$state/openrc"
images=https://127.0.0.1:$((9292 + offset))/v2/images
curl -sf "$images" -H "X-Auth-Token: $token" | jq -e '.images == []' >/dev/null || fail 'no list of images'
! curl -s "http://127.0.0.1:$((5000 + offset))/v3" >/dev/null || fail 'Keystone speaks plain HTTP'
curl -sf "https://127.0.0.1:$((5000 + offset))/v3" | jq -e '[.version.links[].href | startswith("https://")] | all' >/dev/null ||
  fail 'a link is not https'
curl -sf "https://127.0.0.1:$((5000 + offset))/v3/auth/catalog" -H "X-Auth-Token: $token" |
  jq -e '[.catalog[].endpoints[].url | startswith("https://")] | all' >/dev/null || fail 'the catalog is not https'

step "the operators' client"
if command -v openstack >/dev/null; then
  . "$state/openrc"
  [[ $(openstack token issue -f value -c id) ]] || fail 'no token'
  openstack image create --disk-format raw --file /etc/hostname small >/dev/null
  [[ $(openstack image show small -f value -c status) == active ]] || fail 'no image'
  ! OS_CACERT=$work/tls/stranger.pem openstack token issue >/dev/null 2>&1 || fail 'it trusts a stranger'
  openstack image delete small
fi

step 'Glance asks Keystone what was revoked'
curl -sf -X DELETE "https://127.0.0.1:$((5000 + offset))/v3/auth/tokens" -H "X-Auth-Token: $token" -H "X-Subject-Token: $token"
deadline=$((SECONDS + 30))
while [[ $(curl -s -o /dev/null -w '%{http_code}' "$images" -H "X-Auth-Token: $token") == 200 ]]; do
  ((SECONDS <= deadline)) || fail 'a revoked token is taken'
  sleep 0.2
done

step 'a replaced certificate is shown without a restart'
certify api IP:127.0.0.1,DNS:localhost,DNS:replaced.test ca
deadline=$((SECONDS + 10))
until openssl s_client -connect "127.0.0.1:$((5000 + offset))" </dev/null 2>/dev/null |
  openssl x509 -noout -ext subjectAltName | grep -q replaced.test; do
  ((SECONDS <= deadline)) || fail 'the old one is still shown'
  sleep 0.2
done

step 'a service that trusts another authority asks nothing of Keystone, and says what to set'
stop_role glance
configure "$work/tls/stranger.pem"
start_role glance glance-registry glance-api
deadline=$((SECONDS + 30))
until grep -rqF '[keystone_authtoken] cafile' "$state/log"; do
  ((SECONDS <= deadline)) || { tail -n 5 "$state"/log/*; fail 'it says nothing of cafile'; }
  sleep 0.2
done
stop_role glance
stop_role keystone
echo passed
