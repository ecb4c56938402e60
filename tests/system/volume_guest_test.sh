#!/bin/bash
# A volume and the guests that use it over iSCSI: plugged into one that runs, written, unplugged, read in another one,
# grown, copied while it is used; a target that dies and a control plane that dies in the middle of it. Volumes in QCOW2.
. "$(dirname "$0")/compute_cloud.sh"
for program in tgtd tgtadm; do
  PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || skip "$program is not installed"
done

volume_is() { [[ $(cinder GET "/volumes/$1" | jq -r .volume.status) == "$2" ]]; }
volume_is_gone() { ! cinder GET "/volumes/$1" >/dev/null; }
expect_volume() { wait_for "${3:-30}" volume_is "$1" "$2" || { cinder GET "/volumes/$1" >&2; fail "volume not $2"; }; }

make_volume() { # JSON-MEMBERS: its id, when it is there
  local id
  id=$(cinder POST /volumes "{\"volume\": {$1}}" | jq -r .volume.id)
  wait_for 60 volume_is "$id" available >&2
  echo "$id"
}
attach() { # SERVER VOLUME
  nova POST "/servers/$1/os-volume_attachments" "{\"volumeAttachment\": {\"volumeId\": \"$2\"}}"
}
detach() { nova DELETE "/servers/$1/os-volume_attachments/$2"; }

# in_guest ADDRESS COMMAND...: over ssh, from the namespace of the network.
in_guest() {
  ip netns exec "qdhcp-$network" ssh -i "$work/key" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
    -o LogLevel=ERROR -o ConnectTimeout=10 "root@$1" "${@:2}"
}
address_of() { nova GET "/servers/$1" | jq -r '.server.addresses[][0].addr'; }
guest_answers() { in_guest "$1" true 2>/dev/null; }
guest_has() { in_guest "$1" "test -b /dev/$2"; }
guest_lacks() { ! guest_has "$@"; }

target() { TGT_IPC_SOCKET=$state/volumes/targets/control tgtadm --lld iscsi --mode target --op show; }
exports() { target | grep -c '^Target' || true; }

configure </dev/null
mkdir -p "$state/etc"
printf '[DEFAULT]\nvolume_reconcile_interval = 5\n' >"$state/etc/cinder.conf"
step 'start a cloud, and two guests'
up
upload_guest_image
make_flavor
make_network
ssh-keygen -q -t ed25519 -N '' -C volume-test -f "$work/key"
nova POST /os-keypairs "$(jq -nc --rawfile key "$work/key.pub" \
  '{keypair: {name: "volume", type: "ssh", public_key: $key}}')" >/dev/null
group=$(neutron GET '/security-groups?name=default' | jq -r '.security_groups[0].id')
neutron POST /security-group-rules "{\"security_group_rule\": {\"security_group_id\": \"$group\",
  \"direction\": \"ingress\", \"protocol\": \"tcp\", \"port_range_min\": 22, \"port_range_max\": 22}}" >/dev/null
first=$(create first '{"key_name": "volume"}')
second=$(create second '{"key_name": "volume"}')
volume=$(make_volume '"size": 1, "name": "data"')
for server in "$first" "$second"; do
  wait_for 60 is_settled "$server"
  is "$server" ACTIVE || fail "$(fault_of "$server")"
done
here=$(address_of "$first") there=$(address_of "$second")
wait_for 180 guest_answers "$here"
[[ -z $(target_pids) ]] || fail 'a target daemon that nobody needs yet'

step 'attach the volume to the first; write in the guest'
attach "$first" "$volume" | jq -e '.volumeAttachment | .device == "/dev/vdb" and .id == .volumeId' >/dev/null
expect_volume "$volume" in-use
wait_for 20 guest_has "$here" vdb
[[ $(in_guest "$here" 'cat /sys/block/vdb/serial') == "${volume:0:20}" ]] || fail 'another serial'
[[ $(in_guest "$here" 'cat /sys/block/vdb/size') == 2097152 ]] || fail 'another size'
in_guest "$here" 'echo once upon a time | dd of=/dev/vdb bs=512 conv=sync,fsync 2>/dev/null'
nova GET "/servers/$first" | jq -e --arg volume "$volume" \
  '.server["os-extended-volumes:volumes_attached"] == [{id: $volume, delete_on_termination: false}]' >/dev/null
cinder GET "/volumes/$volume" | jq -e --arg server "$first" '.volume.attachments[0].server_id == $server' >/dev/null
! grep -rqs "$(sqlite3 "$state/db/cinder.sqlite" "SELECT connection_info FROM attachments" | jq -r .auth_password)" \
  "$state/log" "$state/instances/$first/definition.json" || fail 'a password in the log or in a file that others read'
! tr '\0' ' ' <"/proc/$(guest_pids "$first")/cmdline" | grep -q password= || fail 'a password on a command line'

step 'it can be had once, and not taken from the server behind its back'
! attach "$second" "$volume" >"$work/refused" || fail 'attached twice'
jq -e '.badRequest.code == 400' "$work/refused" >/dev/null
! cinder DELETE "/volumes/$volume" >/dev/null || fail 'an attached volume was deleted'
attachment=$(cinder GET "/attachments?volume_id=$volume" | jq -r '.attachments[0].id')
code=$(curl -s -o "$work/refused" -w '%{http_code}' -X DELETE -H "X-Auth-Token: $token" \
  -H 'OpenStack-API-Version: volume 3.59' "http://$api_address:$((8776 + offset))/v3/attachments/$attachment")
[[ $code == 409 ]] || fail "the attachment could be deleted: $code $(<"$work/refused")"

step 'a snapshot of it while the guest writes'
in_guest "$here" 'dd if=/dev/zero of=/dev/vdb bs=64k seek=16 count=1600 conv=fsync 2>/dev/null & echo' >/dev/null
snapshot=$(cinder POST /snapshots "{\"snapshot\": {\"volume_id\": \"$volume\", \"force\": true}}" | jq -r .snapshot.id)
snapshot_is() { [[ $(cinder GET "/snapshots/$snapshot" | jq -r .snapshot.status) == "$1" ]]; }
wait_for 30 snapshot_is available
in_guest "$here" 'wait; sync; dd if=/dev/vdb bs=16 count=1 2>/dev/null' | grep -q 'once upon a time'

step 'the target daemon is killed while the guest writes'
in_guest "$here" 'dd if=/dev/urandom of=/dev/vdb bs=64k seek=2048 count=800 conv=fsync 2>/tmp/dd; echo $? >/tmp/ended' &
writer=$!
sleep 0.5
kill -KILL "$(target_pids)"
wait "$writer"
[[ $(in_guest "$here" 'cat /tmp/ended') == 0 ]] || fail "the guest saw an error: $(in_guest "$here" 'cat /tmp/dd')"
[[ $(exports) == 1 ]] || fail 'the export is not back'

step 'it grows under the guest'
cinder POST "/volumes/$volume/action" '{"os-extend": {"new_size": 2}}'
expect_volume "$volume" in-use
has_size() { [[ $(in_guest "$here" 'cat /sys/block/vdb/size') == "$1" ]]; }
wait_for 20 has_size 4194304

step 'a reboot, and a power cut of the control plane, change nothing'
nova POST "/servers/$first/action" '{"reboot": {"type": "HARD"}}'
wait_for 60 is_settled "$first"
wait_for 180 guest_answers "$here"
crash_cloud
in_guest "$here" 'dd if=/dev/vdb bs=16 count=1 2>/dev/null' | grep -q 'once upon a time'
up
expect_volume "$volume" in-use

step 'detach it, and attach it to the second: the data is there'
secret=$(sqlite3 "$state/db/cinder.sqlite" "SELECT connection_info FROM attachments" | jq -r .auth_password)
user=$(sqlite3 "$state/db/cinder.sqlite" "SELECT connection_info FROM attachments" | jq -r .auth_username)
detach "$first" "$volume"
expect_volume "$volume" available 60
wait_for 20 guest_lacks "$here" vdb
[[ -z $(target_pids) ]] || fail 'a target daemon that nobody needs any more'
wait_for 180 guest_answers "$there"
attach "$second" "$volume" >/dev/null
expect_volume "$volume" in-use
wait_for 20 guest_has "$there" vdb
in_guest "$there" 'dd if=/dev/vdb bs=16 count=1 2>/dev/null' | grep -q 'once upon a time'

step 'who had it before can not reach it any more'
address="driver=iscsi,transport=tcp,portal=127.0.0.1:$((3260 + offset)),target=iqn.2010-10.org.openstack:volume-$volume,lun=1"
initiator=$(target | sed -n '/ACL information/{n;s/ *//;p}')
! qemu-img info --object "secret,id=s,data=$secret" --image-opts \
  "$address,user=$user,password-secret=s,initiator-name=$initiator" >"$work/fenced" 2>&1 || fail 'a former secret opens it'
grep -qi 'authentication\|login\|log in' "$work/fenced" || fail "$(<"$work/fenced")"
! qemu-img info --image-opts "$address,initiator-name=$initiator" >/dev/null 2>&1 || fail 'it opens without a secret'

step 'another volume takes its place while the guest writes'
successor=$(make_volume '"size": 3, "name": "successor"')
in_guest "$there" 'cat >/tmp/write.sh; sh /tmp/write.sh >/dev/null 2>/tmp/write.errors & echo $! >/tmp/writer' <<'END'
n=0
while :; do
  n=$((n + 1))
  printf '%08d' $n | dd of=/dev/vdb bs=512 seek=4000 conv=notrunc,fsync 2>/dev/null || echo "write $n failed" >&2
done
END
swap() { nova PUT "/servers/$second/os-volume_attachments/$1" "{\"volumeAttachment\": {\"volumeId\": \"$2\"}}"; }
swap "$volume" "$successor"
expect_volume "$volume" available 120
expect_volume "$successor" in-use
in_guest "$there" 'kill "$(cat /tmp/writer)"; sleep 0.5; cat /tmp/write.errors' | grep . && fail 'the guest could not write'
written=$(in_guest "$there" 'dd if=/dev/vdb bs=512 skip=4000 count=1 2>/dev/null' | head -c 8)
((10#$written > 1)) || fail "the guest wrote nothing: $written"
in_guest "$there" 'dd if=/dev/vdb bs=16 count=1 2>/dev/null' | grep -q 'once upon a time' || fail 'the data is not there'
[[ $(in_guest "$there" 'cat /sys/block/vdb/size') == 6291456 ]] || fail 'the guest was not told of the larger volume'
nova GET "/servers/$second/os-volume_attachments" | jq -e --arg volume "$successor" \
  '.volumeAttachments | length == 1 and .[0].volumeId == $volume' >/dev/null
[[ $(exports) == 1 ]] || fail 'the old volume can still be reached'

step 'the guest finds it after a hard reboot; a power cut in the middle of the way back loses nothing'
nova POST "/servers/$second/action" '{"reboot": {"type": "HARD"}}'
wait_for 60 is_settled "$second"
wait_for 180 guest_answers "$there"
[[ $(in_guest "$there" 'cat /sys/block/vdb/serial') == "${successor:0:20}" ]] || fail 'another serial'
cinder POST "/volumes/$volume/action" '{"os-extend": {"new_size": 3}}'
expect_volume "$volume" available
in_guest "$there" 'dd if=/dev/urandom of=/dev/vdb bs=1M seek=100 count=100 conv=fsync 2>/dev/null; sync'
sum=$(in_guest "$there" 'dd if=/dev/vdb bs=1M count=220 2>/dev/null | md5sum')
swap "$successor" "$volume"
sleep 0.7
crash_cloud
up
expect_volume "$successor" available 240
expect_volume "$volume" in-use
[[ $(in_guest "$there" 'echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/vdb bs=1M count=220 2>/dev/null | md5sum') == "$sum" ]] ||
  fail 'the data is not there'
nova GET "/servers/$second/os-volume_attachments" | jq -e --arg volume "$volume" \
  '.volumeAttachments | length == 1 and .[0].volumeId == $volume' >/dev/null
detach "$second" "$volume"
expect_volume "$volume" available 60
attach "$second" "$volume" >/dev/null
expect_volume "$volume" in-use
cinder DELETE "/volumes/$successor"
wait_for 20 volume_is_gone "$successor"

step 'a guest that stands still keeps its volume, which is shown on its way meanwhile'
nova POST "/servers/$second/action" '{"pause": null}'
wait_for 30 is "$second" PAUSED
detach "$second" "$volume"
expect_volume "$volume" detaching 10
expect_volume "$volume" in-use 150
nova POST "/servers/$second/action" '{"unpause": null}'
wait_for 30 is "$second" ACTIVE

step 'the server goes: its volume does not, and is free'
nova DELETE "/servers/$second"
expect_volume "$volume" available 60
expect_no_trace_of "$second"
sleep 1
pgrep -f "dnsmasq.*$state/networks" >/dev/null || fail 'dnsmasq went with it, though another server needs it'

step 'a server that boots from a volume, and takes it with it'
booted=$(nova POST /servers "$(jq -nc --arg image "$image" --arg flavor "$flavor" --arg network "$network" '{server: {
  name: "booted", flavorRef: $flavor, key_name: "volume", networks: [{uuid: $network}],
  block_device_mapping_v2: [{source_type: "image", destination_type: "volume", uuid: $image, volume_size: 1, boot_index: 0,
    delete_on_termination: true}]}}')" | jq -r .server.id)
wait_for 120 is_settled "$booted"
is "$booted" ACTIVE || fail "$(fault_of "$booted")"
nova GET "/servers/$booted" | jq -e '.server.image == ""' >/dev/null
root=$(nova GET "/servers/$booted/os-volume_attachments" | jq -r '.volumeAttachments[0].volumeId')
volume_is "$root" in-use || fail 'its root is not in use'
wait_for 180 guest_answers "$(address_of "$booted")"
! detach "$booted" "$root" >/dev/null || fail 'a root volume was detached'
nova DELETE "/servers/$booted"
expect_no_trace_of "$booted"
wait_for 30 volume_is_gone "$root"

step 'a back end of QCOW2: a server that boots from one volume and writes to another'
if [[ -e /dev/fuse ]] && command -v qemu-storage-daemon >/dev/null; then
  stop_cloud
  printf 'enabled_backends = file, qcow2\n[qcow2]\nvolume_format = qcow2\n' >>"$state/etc/cinder.conf"
  up
  cinder POST /types '{"volume_type": {"name": "qcow2", "extra_specs": {"volume_backend_name": "qcow2"}}}' >/dev/null
  storage_pid() { cat "$state/volumes/exports/qcow2/"*"$1"*.pid; } # VOLUME: of the daemon that opens its image
  has_both_backends() { [[ $(cinder GET /scheduler-stats/get_pools | jq '.pools | length') == 2 ]]; }
  wait_for 30 has_both_backends
  root=$(make_volume "\"size\": 1, \"volume_type\": \"qcow2\", \"imageRef\": \"$image\"")
  data=$(make_volume '"size": 1, "volume_type": "qcow2"')
  for each in "$root" "$data"; do
    qemu-img info --output json "$state/volumes/qcow2/volume-$each" | jq -e '.format == "qcow2"' >/dev/null
  done
  booted=$(nova POST /servers "$(jq -nc --arg root "$root" --arg flavor "$flavor" --arg network "$network" '{server: {
    name: "booted", flavorRef: $flavor, key_name: "volume", networks: [{uuid: $network}],
    block_device_mapping_v2: [{source_type: "volume", destination_type: "volume", uuid: $root, boot_index: 0}]}}')" |
    jq -r .server.id)
  wait_for 120 is_settled "$booted"
  is "$booted" ACTIVE || fail "$(fault_of "$booted")"
  there=$(address_of "$booted")
  wait_for 180 guest_answers "$there"
  attach "$booted" "$data" >/dev/null
  expect_volume "$data" in-use
  wait_for 20 guest_has "$there" vdb
  in_guest "$there" 'echo once upon a time | dd of=/dev/vdb bs=512 conv=sync,fsync 2>/dev/null'
  cinder POST "/volumes/$data/action" '{"os-extend": {"new_size": 2}}'
  expect_volume "$data" in-use
  has_two_gib() { [[ $(in_guest "$there" 'cat /sys/block/vdb/size') == 4194304 ]]; }
  wait_for 20 has_two_gib

  step 'a storage daemon is killed while the guest writes; a power cut of the control plane'
  in_guest "$there" 'dd if=/dev/urandom of=/dev/vdb bs=64k seek=2048 count=800 conv=fsync 2>/tmp/dd; echo $? >/tmp/ended' &
  writer=$!
  sleep 0.5
  kill -KILL "$(storage_pid "$data")"
  wait "$writer"
  # What was on its way may have failed, as with a disk; what was on the disk is there, and all goes on.
  writes_again() { in_guest "$there" 'dd if=/dev/urandom of=/dev/vdb bs=64k seek=2048 count=800 conv=fsync 2>/dev/null'; }
  wait_for 30 writes_again
  in_guest "$there" 'echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/vdb bs=16 count=1 2>/dev/null' | grep -q 'once upon a time'
  sum=$(in_guest "$there" 'dd if=/dev/vdb bs=1M count=180 2>/dev/null | md5sum')
  crash_cloud
  [[ $(in_guest "$there" 'echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/vdb bs=1M count=180 2>/dev/null | md5sum') == "$sum" ]] ||
    fail 'the data is not there'
  up
  detach "$booted" "$data"
  expect_volume "$data" available 60
  wait_for 20 guest_lacks "$there" vdb
  qemu-img check -q "$state/volumes/qcow2/volume-$data"
  attach "$first" "$data" >/dev/null
  expect_volume "$data" in-use
  wait_for 20 guest_has "$here" vdb
  [[ $(in_guest "$here" 'dd if=/dev/vdb bs=1M count=180 2>/dev/null | md5sum') == "$sum" ]] || fail 'the second sees something else'
  detach "$first" "$data"
  expect_volume "$data" available 60
  nova DELETE "/servers/$booted"
  expect_no_trace_of "$booted"
  for each in "$root" "$data"; do
    expect_volume "$each" available 60
    cinder DELETE "/volumes/$each"
    wait_for 30 volume_is_gone "$each"
  done
  [[ -z $(ls "$state/volumes/exports/qcow2") ]] || fail 'an export without a volume'
else
  echo 'without: FUSE or qemu-storage-daemon is not there'
fi

step 'nothing is left'
cinder DELETE "/snapshots/$snapshot"
wait_for 20 eval '! cinder GET /snapshots/'"$snapshot"' >/dev/null'
cinder DELETE "/volumes/$volume"
wait_for 20 volume_is_gone "$volume"
nova DELETE "/servers/$first"
expect_no_trace_of "$first"
[[ -z $(target_pids) ]] || fail 'a target daemon without a volume'
[[ -z $(find "$state/volumes" -name 'volume-*' -o -name 'snapshot-*') ]] || fail 'files without a volume'
