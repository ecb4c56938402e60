#!/bin/bash
# What a real guest has of a volume whose type limits it: as fast as that, plugged in, after a hard reboot and after a
# death of the control plane; and of a type that nobody can keep: nothing.
. "$(dirname "$0")/compute_cloud.sh"
for program in tgtd tgtadm; do
  PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || skip "$program is not installed"
done

in_guest() { # ADDRESS COMMAND...: over ssh, from the namespace of the network.
  ip netns exec "qdhcp-$network" ssh -i "$work/key" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
    -o LogLevel=ERROR -o ConnectTimeout=10 "root@$1" "${@:2}"
}
address_of() { nova GET "/servers/$1" | jq -r '.server.addresses[][0].addr'; }
guest_answers() { in_guest "$1" true 2>/dev/null; }
guest_has() { in_guest "$1" "test -b /dev/$2"; }
volume_is() { [[ $(cinder GET "/volumes/$1" | jq -r .volume.status) == "$2" ]]; }
attach() { # SERVER VOLUME
  nova POST "/servers/$1/os-volume_attachments" "{\"volumeAttachment\": {\"volumeId\": \"$2\"}}" >/dev/null
}
make_limited_volume() { # NAME SPECS: a volume of a type with those front-end specs
  local specs type volume
  specs=$(cinder POST /qos-specs "{\"qos_specs\": {\"name\": \"$1\", \"consumer\": \"front-end\", $2}}" | jq -r .qos_specs.id)
  type=$(cinder POST /types "{\"volume_type\": {\"name\": \"$1\"}}" | jq -r .volume_type.id)
  cinder GET "/qos-specs/$specs/associate?vol_type_id=$type" >/dev/null
  volume=$(cinder POST /volumes "{\"volume\": {\"size\": 1, \"volume_type\": \"$1\"}}" | jq -r .volume.id)
  wait_for 60 volume_is "$volume" available >&2
  echo "$volume"
}
# reads_at_a_mebibyte_a_second ADDRESS DEVICE: of six mebibytes the first tenth of a second's worth may come at once.
reads_at_a_mebibyte_a_second() {
  local begun took
  begun=$(date +%s%N)
  in_guest "$1" "dd if=/dev/$2 of=/dev/null bs=64k count=96 iflag=direct 2>/dev/null"
  took=$((($(date +%s%N) - begun) / 1000000))
  echo "  six mebibytes in $took ms"
  ((took > 5500 && took < 12000)) || fail "six mebibytes at one a second in $took ms"
}

configure </dev/null
step 'start a cloud, and a guest'
up
upload_guest_image
make_flavor
make_network
ssh-keygen -q -t ed25519 -N '' -C disks-test -f "$work/key"
nova POST /os-keypairs "$(jq -nc --rawfile key "$work/key.pub" \
  '{keypair: {name: "disks", type: "ssh", public_key: $key}}')" >/dev/null
group=$(neutron GET '/security-groups?name=default' | jq -r '.security_groups[0].id')
neutron POST /security-group-rules "{\"security_group_rule\": {\"security_group_id\": \"$group\",
  \"direction\": \"ingress\", \"protocol\": \"tcp\", \"port_range_min\": 22, \"port_range_max\": 22}}" >/dev/null
server=$(create first '{"key_name": "disks"}')
slow=$(make_limited_volume slow '"read_bytes_sec_per_gb": "1048576", "write_iops_sec": "1000", "colour": "red"')
mad=$(make_limited_volume mad '"total_bytes_sec": "fast"')
wait_for 60 is_settled "$server"
is "$server" ACTIVE || fail "$(fault_of "$server")"
here=$(address_of "$server")
wait_for 180 guest_answers "$here"

step 'a volume of a type that promises nonsense is not attached, and free again'
attach "$server" "$mad"
wait_for 60 volume_is "$mad" available
nova GET "/servers/$server/os-volume_attachments" | jq -e '.volumeAttachments == []' >/dev/null

step 'one of a mebibyte a second is read no faster'
attach "$server" "$slow"
wait_for 30 volume_is "$slow" in-use
wait_for 20 guest_has "$here" vdb
in_guest "$here" 'dd if=/dev/zero of=/dev/vdb bs=1M count=32 conv=fsync 2>/dev/null'
reads_at_a_mebibyte_a_second "$here" vdb

step 'nor after it has grown'
cinder POST "/volumes/$slow/action" '{"os-extend": {"new_size": 2}}'
wait_for 30 volume_is "$slow" in-use
reads_at_a_mebibyte_a_second "$here" vdb

step 'nor after the control plane has died, and after a hard reboot'
crash_cloud
up
reads_at_a_mebibyte_a_second "$here" vdb
nova POST "/servers/$server/action" '{"reboot": {"type": "HARD"}}'
wait_for 60 is_settled "$server"
wait_for 180 guest_answers "$here"
reads_at_a_mebibyte_a_second "$here" vdb

step 'nothing is left'
nova DELETE "/servers/$server"
wait_for 60 volume_is "$slow" available
expect_no_trace_of "$server"
