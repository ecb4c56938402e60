#!/bin/bash
# The disks of a real guest. Its flavor's ephemeral disk and swap, and those that were asked for: formatted, kept over a
# hard reboot and a death of the control plane, blank again after a rebuild. A volume whose type limits it: as fast as that
# all the while; and one of a type that nobody can keep: not at all.
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
has_label() { # ADDRESS DEVICE OFFSET LABEL
  local label
  label=$(in_guest "$1" "dd if=/dev/$2 bs=1 skip=$3 count=${#4} 2>/dev/null")
  [[ $label == "$4" ]] || fail "$2 has the label '$label'"
}
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
flavor=$(nova POST /flavors '{"flavor": {"name": "roomy", "ram": 128, "disk": 1, "vcpus": 1, "swap": 64,
  "OS-FLV-EXT-DATA:ephemeral": 1}}' | jq -r .flavor.id)
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

step 'it has an ephemeral disk with a file system, and swap'
in_guest "$here" 'cat /sys/block/vdb/size /sys/block/vdc/size' | paste -sd ' ' | grep -qx '2097152 131072' || fail 'other sizes'
has_label "$here" vdb 71 ephemeral0 # where vfat has it
in_guest "$here" 'mkdir -p /mnt && mount -t vfat /dev/vdb /mnt && echo "once upon a time" >/mnt/story && sync'
in_guest "$here" 'swapon /dev/vdc && cat /proc/swaps' | grep -q '^/dev/vdc' || fail 'no swap'
for each in ephemeral0=/dev/vdb swap=/dev/vdc; do
  in_guest "$here" "wget -qO- http://169.254.169.254/latest/meta-data/block-device-mapping/${each%=*}" | grep -qx "${each#*=}"
done

step 'a volume of a type that promises nonsense is not attached, and free again'
attach "$server" "$mad"
wait_for 60 volume_is "$mad" available
nova GET "/servers/$server/os-volume_attachments" | jq -e '.volumeAttachments == []' >/dev/null

step 'one of a mebibyte a second is read no faster'
attach "$server" "$slow"
wait_for 30 volume_is "$slow" in-use
wait_for 20 guest_has "$here" vdd
in_guest "$here" 'dd if=/dev/zero of=/dev/vdd bs=1M count=32 conv=fsync 2>/dev/null'
reads_at_a_mebibyte_a_second "$here" vdd

step 'nor after it has grown'
cinder POST "/volumes/$slow/action" '{"os-extend": {"new_size": 2}}'
wait_for 30 volume_is "$slow" in-use
reads_at_a_mebibyte_a_second "$here" vdd

step 'nor after the control plane has died, and after a hard reboot'
crash_cloud
up
reads_at_a_mebibyte_a_second "$here" vdd
nova POST "/servers/$server/action" '{"reboot": {"type": "HARD"}}'
wait_for 60 is_settled "$server"
wait_for 180 guest_answers "$here"
reads_at_a_mebibyte_a_second "$here" vdd

in_guest "$here" 'mkdir -p /mnt && mount -t vfat /dev/vdb /mnt && cat /mnt/story' | grep -q 'once upon a time' ||
  fail 'the ephemeral disk is another one'

step 'a rebuild makes the ephemeral disk anew'
nova POST "/servers/$server/action" "{\"rebuild\": {\"imageRef\": \"$image\"}}" >/dev/null
wait_for 60 is "$server" ACTIVE
wait_for 180 guest_answers "$here"
in_guest "$here" 'mkdir -p /mnt && mount -t vfat /dev/vdb /mnt && ls /mnt' | grep . && fail 'the ephemeral disk is not blank'
reads_at_a_mebibyte_a_second "$here" vdd

step 'another one has those that were asked for'
other=$(create other "$(jq -nc --arg image "$image" '{key_name: "disks", config_drive: true, block_device_mapping_v2: [
  {boot_index: 0, source_type: "image", destination_type: "local", uuid: $image},
  {source_type: "blank", destination_type: "local", volume_size: 1, guest_format: "ext4", delete_on_termination: true},
  {source_type: "blank", destination_type: "local", volume_size: 32, guest_format: "swap", delete_on_termination: true}]}')")
wait_for 60 is_settled "$other"
is "$other" ACTIVE || fail "$(fault_of "$other")"
there=$(address_of "$other")
wait_for 180 guest_answers "$there"
in_guest "$there" 'cat /sys/block/vdb/size /sys/block/vdc/size' | paste -sd ' ' | grep -qx '2097152 65536' || fail 'other sizes'
has_label "$there" vdb 1144 ephemeral0 # where ext4 has it
in_guest "$there" 'mkdir -p /mnt && mount -t ext4 /dev/vdb /mnt && echo here >/mnt/story && swapon /dev/vdc'
has_label "$there" vdd 32808 config-2

step 'a death of the control plane while the disks are made'
third=$(create third)
for ((i = 0; i < 10000; ++i)); do # as soon as there is one of them
  ! compgen -G "$state/instances/$third/disk.eph0*" >/dev/null || break
done
((i < 10000)) || fail 'no disk was begun'
crash_cloud
up
wait_for 120 is "$third" ACTIVE
[[ -z $(find "$state/instances" -name '*.new') ]] || fail 'half of a disk is left'
[[ $(find "$state/instances/$third" -name 'disk.*' -printf '%f %s\n' | sort | paste -sd ' ') == \
  'disk.eph0 1073741824 disk.swap 67108864' ]] || fail 'other disks'

step 'nothing is left'
for each in "$server" "$other" "$third"; do nova DELETE "/servers/$each"; done
wait_for 60 volume_is "$slow" available
expect_no_trace_of "$server" "$other" "$third"
