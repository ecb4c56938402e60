#!/bin/bash
# Images and volumes in Ceph, and the guests that use them through QEMU's own RBD: booted from one, plugged into one that
# runs, written, copied while it is used, grown, moved to another server; volumes that are clones of images; a client that
# does not let go; a Ceph that stops in the middle of it.
. "$(dirname "$0")/compute_cloud.sh"
[[ ${NEPHELE_TEST_CEPH:-} ]] || skip 'NEPHELE_TEST_CEPH is not set: scripts/test ceph runs it with a Ceph of its own'
for program in ceph rbd; do
  command -v "$program" >/dev/null || skip "$program is not installed (scripts/install-dependencies ceph)"
done
[[ -e /usr/lib/x86_64-linux-gnu/qemu/block-rbd.so ]] || skip 'qemu-block-extra is not installed'
ceph_directory=$(dirname "$NEPHELE_TEST_CEPH")

volume_is() { [[ $(cinder GET "/volumes/$1" | jq -r .volume.status) == "$2" ]]; }
volume_is_gone() { ! cinder GET "/volumes/$1" >/dev/null; }
expect_volume() { wait_for "${3:-60}" volume_is "$1" "$2" || { cinder GET "/volumes/$1" >&2; fail "volume not $2"; }; }
ask_for_volume() { cinder POST /volumes "{\"volume\": {$1}}" | jq -r .volume.id; }
make_volume() { # JSON-MEMBERS: its id, when it is there
  local id
  id=$(ask_for_volume "$1")
  wait_for 60 volume_is "$id" available >&2
  echo "$id"
}
delete_volume() { cinder DELETE "/volumes/$1" && wait_for 60 volume_is_gone "$1"; }
attach() { # SERVER VOLUME
  nova POST "/servers/$1/os-volume_attachments" "{\"volumeAttachment\": {\"volumeId\": \"$2\"}}"
}
detach() { nova DELETE "/servers/$1/os-volume_attachments/$2"; }
in_guest() { # ADDRESS COMMAND...: over ssh, from the namespace of the network
  ip netns exec "qdhcp-$network" ssh -i "$work/key" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
    -o LogLevel=ERROR -o ConnectTimeout=10 "root@$1" "${@:2}"
}
address_of() { nova GET "/servers/$1" | jq -r '.server.addresses[][0].addr'; }
guest_answers() { in_guest "$1" true 2>/dev/null; }
guest_has() { in_guest "$1" "test -b /dev/$2"; }
guest_lacks() { ! guest_has "$@"; }
story_of() { in_guest "$1" "dd if=/dev/$2 bs=16 count=1 2>/dev/null"; }
images_in() { rbd --conf "$NEPHELE_TEST_CEPH" --pool "$1" ls; } # POOL
bytes_of_volume() { # VOLUME: that it has itself, not those of what it is a clone of
  rbd --conf "$NEPHELE_TEST_CEPH" du --format json "volumes/volume-$1" 2>/dev/null | jq '.images[-1].used_size'
}
expect_server() {
  wait_for 120 is_settled "$1"
  is "$1" ACTIVE || fail "$(fault_of "$1")"
}

step 'two users and two pools in Ceph'
for pool in images volumes; do
  ceph --conf "$NEPHELE_TEST_CEPH" osd pool create "$pool" 8
  rbd --conf "$NEPHELE_TEST_CEPH" pool init "$pool"
done 2>"$work/pools"
ceph --conf "$NEPHELE_TEST_CEPH" auth get-or-create client.cloud mon 'profile rbd' \
  osd 'profile rbd pool=volumes, profile rbd-read-only pool=images' mgr 'profile rbd' >"$work/keyring"
key=$(sed -n 's/.*key = //p' "$work/keyring")
ceph --conf "$NEPHELE_TEST_CEPH" auth get-or-create client.images mon 'profile rbd' osd 'profile rbd pool=images' \
  mgr 'profile rbd' >>"$work/keyring"
chmod 600 "$work/keyring"
secret=$(cat /proc/sys/kernel/random/uuid)
mkdir -m 700 "$work/secrets"
echo "$key" >"$work/secrets/$secret.base64"
grep -v '^keyring' "$NEPHELE_TEST_CEPH" >"$work/ceph.conf" # hosts find nothing to sign in with there
sed "s#^\[global\]#&\nkeyring = $work/keyring#" "$work/ceph.conf" >"$work/with_keyring.conf"

step 'start a cloud that keeps all in it'
configure <<END
[libvirt]
images_rbd_ceph_conf = $work/ceph.conf
secrets_path = $work/secrets
END
cat >"$state/etc/glance.conf" <<END
[DEFAULT]
enabled_backends = ceph:rbd
[glance_store]
default_backend = ceph
[ceph]
rbd_store_ceph_conf = $work/with_keyring.conf
rbd_store_user = images
rbd_thin_provisioning = true
END
cat >"$state/etc/cinder.conf" <<END
[DEFAULT]
enabled_backends = ceph
volume_reconcile_interval = 5
[ceph]
volume_driver = rbd
rbd_pool = volumes
rbd_user = cloud
rbd_ceph_conf = $work/with_keyring.conf
rbd_secret_uuid = $secret
rados_connect_timeout = 8
END
up
has_pool() { [[ $(cinder GET /scheduler-stats/get_pools | jq '.pools | length') == 1 ]]; }
wait_for 30 has_pool
upload_guest_image
make_flavor
make_network
ssh-keygen -q -t ed25519 -N '' -C ceph-test -f "$work/key"
nova POST /os-keypairs "$(jq -nc --rawfile key "$work/key.pub" \
  '{keypair: {name: "ceph", type: "ssh", public_key: $key}}')" >/dev/null
group=$(neutron GET '/security-groups?name=default' | jq -r '.security_groups[0].id')
neutron POST /security-group-rules "{\"security_group_rule\": {\"security_group_id\": \"$group\",
  \"direction\": \"ingress\", \"protocol\": \"tcp\", \"port_range_min\": 22, \"port_range_max\": 22}}" >/dev/null

step 'the image is in Ceph, and comes back as it was'
curl -sf "${OS_AUTH_URL%%:*}://$api_address:$((9292 + offset))/v2/images/$image/file" -H "X-Auth-Token: $token" -o "$work/back"
cmp "$work/guest.qcow2" "$work/back"
images_in images | grep -q "^$image" || fail 'the image is elsewhere'

step 'a pool that is full says so, and keeps nothing of what did not fit'
ceph --conf "$NEPHELE_TEST_CEPH" osd pool set-quota images max_bytes 4096 2>/dev/null
pool_is_full() { ceph --conf "$NEPHELE_TEST_CEPH" health detail | grep -q "pool 'images' is full"; }
wait_for 60 pool_is_full
large=$(glance POST /images '{"name": "large", "disk_format": "raw", "container_format": "bare"}' | jq -r .id)
head -c 20000000 /dev/urandom >"$work/large"
code=$(curl -s -o "$work/refused" -w '%{http_code}' -X PUT -H "X-Auth-Token: $token" -H 'Content-Type: application/octet-stream' \
  "${OS_AUTH_URL%%:*}://$api_address:$((9292 + offset))/v2/images/$large/file" --data-binary "@$work/large")
[[ $code == 413 ]] || fail "a full pool is told as $code $(<"$work/refused")"
ceph --conf "$NEPHELE_TEST_CEPH" osd pool set-quota images max_bytes 0 2>/dev/null
pool_has_room() { ! pool_is_full; }
wait_for 60 pool_has_room
glance DELETE "/images/$large"
has_guest_only() { [[ $(images_in images | cut -c-36) == "$image" ]]; }
wait_for 60 has_guest_only || { images_in images >&2; fail 'something was left of it'; }

step 'a volume of a raw image takes no room, of another one it is a copy'
qemu-img convert -f qcow2 -O raw "$work/guest.qcow2" "$work/guest.raw"
raw=$(glance POST /images '{"name": "raw", "disk_format": "raw", "container_format": "bare"}' | jq -r .id)
curl -sf -X PUT -H "X-Auth-Token: $token" -H 'Content-Type: application/octet-stream' --data-binary "@$work/guest.raw" \
  "${OS_AUTH_URL%%:*}://$api_address:$((9292 + offset))/v2/images/$raw/file"
clone=$(make_volume "\"size\": 1, \"imageRef\": \"$raw\"")
rbd --conf "$NEPHELE_TEST_CEPH" info "volumes/volume-$clone" | grep -q "parent: images/$raw\..*@snap" || fail 'it is no clone'
[[ $(bytes_of_volume "$clone") == 0 ]] || fail "$(bytes_of_volume "$clone") bytes were copied"
rbd --conf "$NEPHELE_TEST_CEPH" export "volumes/volume-$clone" "$work/exported" 2>/dev/null
cmp -n "$(stat -c %s "$work/guest.raw")" "$work/guest.raw" "$work/exported"
rm "$work/exported"
delete_volume "$clone"
copy=$(make_volume "\"size\": 1, \"imageRef\": \"$image\"")
! rbd --conf "$NEPHELE_TEST_CEPH" info "volumes/volume-$copy" | grep -q parent || fail 'a volume of a QCOW2 image is its clone'
(($(bytes_of_volume "$copy") > 0)) || fail 'nothing was copied'
delete_volume "$copy"

step 'a server that boots from a volume, and one that boots from the image'
booted=$(nova POST /servers "$(jq -nc --arg image "$raw" --arg flavor "$flavor" --arg network "$network" '{server: {
  name: "booted", flavorRef: $flavor, key_name: "ceph", networks: [{uuid: $network}],
  block_device_mapping_v2: [{source_type: "image", destination_type: "volume", uuid: $image, volume_size: 1, boot_index: 0,
    delete_on_termination: true}]}}')" | jq -r .server.id)
second=$(create second '{"key_name": "ceph"}')
volume=$(make_volume '"size": 1, "name": "data"')
expect_server "$booted"
expect_server "$second"
root=$(nova GET "/servers/$booted/os-volume_attachments" | jq -r '.volumeAttachments[0].volumeId')
expect_volume "$root" in-use
here=$(address_of "$booted") there=$(address_of "$second")
wait_for 180 guest_answers "$here"
tr '\0' '\n' <"/proc/$(guest_pids "$booted")/cmdline" | grep -q "\"image\":\"volume-$root\"" || fail 'it runs from something else'
rbd --conf "$NEPHELE_TEST_CEPH" info "volumes/volume-$root" | grep -q "parent: images/$raw" || fail 'its root is no clone'

step 'the image goes; the server has what it was made of'
glance DELETE "/images/$raw"
raw_is_kept() { images_in images | grep -q "^$raw.*\.deleted$"; }
wait_for 30 raw_is_kept
in_guest "$here" 'echo 3 >/proc/sys/vm/drop_caches; cat /dev/vda >/dev/null'

step 'attach a volume; write in the guest'
attach "$booted" "$volume" >/dev/null
expect_volume "$volume" in-use
wait_for 20 guest_has "$here" vdb
[[ $(in_guest "$here" 'cat /sys/block/vdb/serial') == "${volume:0:20}" ]] || fail 'another serial'
in_guest "$here" 'echo once upon a time | dd of=/dev/vdb bs=512 conv=sync,fsync 2>/dev/null'
cinder GET "/volumes/$volume" | jq -e --arg server "$booted" '.volume.attachments[0].server_id == $server' >/dev/null
! tr '\0' '\n' <"/proc/$(guest_pids "$booted")/cmdline" | grep -qF "$key" || fail 'the key on a command line'
! grep -rqsF "$key" "$state/log" "$state"/instances/*/definition.json || fail 'the key in the log or where others read it'

step 'a snapshot while the guest writes, a copy of it, and a copy of the volume'
in_guest "$here" 'dd if=/dev/urandom of=/dev/vdb bs=64k seek=16 count=400 conv=fsync 2>/tmp/dd; echo $? >/tmp/ended' &
writer=$!
snapshot=$(cinder POST /snapshots "{\"snapshot\": {\"volume_id\": \"$volume\", \"force\": true}}" | jq -r .snapshot.id)
snapshot_is() { [[ $(cinder GET "/snapshots/$snapshot" | jq -r .snapshot.status) == "$1" ]]; }
wait_for 30 snapshot_is available
wait "$writer"
[[ $(in_guest "$here" 'cat /tmp/ended') == 0 ]] || fail "the guest saw an error: $(in_guest "$here" 'cat /tmp/dd')"
of_snapshot=$(make_volume "\"snapshot_id\": \"$snapshot\", \"size\": 2")
of_volume=$(make_volume "\"source_volid\": \"$volume\"")
rbd --conf "$NEPHELE_TEST_CEPH" info "volumes/volume-$of_snapshot" | grep -q "parent: volumes/volume-$volume@snapshot-$snapshot"

step 'it grows under the guest'
cinder POST "/volumes/$volume/action" '{"os-extend": {"new_size": 2}}'
expect_volume "$volume" in-use
has_size() { [[ $(in_guest "$here" 'cat /sys/block/vdb/size') == "$1" ]]; }
wait_for 20 has_size 4194304

step 'Ceph stops: who asks it for something gets an error in time; the guest waits, and nothing else does'
osd=$(cat "$ceph_directory/run/osd.pid")
kill -STOP "$osd"
in_guest "$here" 'dd if=/dev/urandom of=/dev/vdb bs=64k seek=2048 count=100 conv=fsync 2>/tmp/dd; echo $? >/tmp/ended' &
writer=$!
stuck=$(ask_for_volume '"size": 1')
wait_for 60 volume_is "$stuck" error || { kill -CONT "$osd"; fail 'a volume that waits for ever'; }
nova GET "/servers/$second" | jq -e '.server.status == "ACTIVE"' >/dev/null
kill -CONT "$osd"
# The only OSD of a cluster does not find out by itself that its leases are over.
ceph --conf "$NEPHELE_TEST_CEPH" osd down 0 2>/dev/null
wait "$writer"
[[ $(in_guest "$here" 'cat /tmp/ended') == 0 ]] || fail "the guest saw an error: $(in_guest "$here" 'cat /tmp/dd')"
delete_volume "$stuck"

step 'a hard reboot, and a power cut of the control plane, change nothing'
nova POST "/servers/$booted/action" '{"reboot": {"type": "HARD"}}'
wait_for 60 is_settled "$booted"
wait_for 180 guest_answers "$here"
crash_cloud
story_of "$here" vdb | grep -q 'once upon a time'
up
expect_volume "$volume" in-use

step 'another server: the volume as it is, and the copies as they were'
detach "$booted" "$volume"
expect_volume "$volume" available
wait_for 20 guest_lacks "$here" vdb
wait_for 180 guest_answers "$there"
for each in "$volume" "$of_snapshot" "$of_volume"; do
  attach "$second" "$each" >/dev/null
  expect_volume "$each" in-use
done
for disk in vdb vdc vdd; do
  wait_for 20 guest_has "$there" "$disk"
  story_of "$there" "$disk" | grep -q 'once upon a time'
done

step 'a volume becomes an image'
detach "$second" "$of_volume"
expect_volume "$of_volume" available
uploaded=$(cinder POST "/volumes/$of_volume/action" \
  '{"os-volume_upload_image": {"image_name": "uploaded", "disk_format": "raw", "container_format": "bare"}}' |
  jq -r '."os-volume_upload_image".image_id')
image_is_active() { [[ $(glance GET "/images/$uploaded" | jq -r .status) == active ]]; }
wait_for 120 image_is_active
expect_volume "$of_volume" available

step 'who let go of a volume was not bothered; who does not is shut out, also when he was not heard of for a while'
! grep -q 'shutting out' "$state/log/nephele.log" || fail "$(grep 'shutting out' "$state/log/nephele.log")"
shared=$(make_volume '"size": 1')
attachment=$(cinder POST /attachments "{\"attachment\": {\"volume_uuid\": \"$shared\", \"connector\": {
  \"initiator\": \"iqn.2010-10.org.test:stale\", \"host\": \"stale\", \"ip\": \"127.0.0.1\"},
  \"instance_uuid\": \"$(cat /proc/sys/kernel/random/uuid)\"}}" | jq -r .attachment.id)
mkfifo "$work/stale"
qemu-io -f raw "rbd:volumes/volume-$shared:id=cloud:conf=$work/with_keyring.conf" <"$work/stale" >"$work/stale.out" 2>&1 &
stale=$!
exec 9>"$work/stale"
echo 'write -f -P 17 0 64k' >&9
wait_for 20 grep -q 'wrote 65536/65536' "$work/stale.out"
kill -STOP "$stale"
is_forgotten() { ! rbd --conf "$NEPHELE_TEST_CEPH" status "volumes/volume-$shared" | grep -q watcher=; }
wait_for 60 is_forgotten || { kill -KILL "$stale"; fail 'Ceph does not forget it'; }
cinder DELETE "/attachments/$attachment" >/dev/null
expect_volume "$shared" available
attach "$second" "$shared" >/dev/null
expect_volume "$shared" in-use
in_guest "$there" 'ls /dev/vd?' >"$work/disks"
disk=$(in_guest "$there" "grep -l '^${shared:0:20}' /sys/block/*/serial | cut -d/ -f4")
in_guest "$there" "dd if=/dev/zero of=/dev/$disk bs=64k count=1 conv=fsync 2>/dev/null"
kill -CONT "$stale"
printf '%s\n' 'write -f -P 34 0 64k' quit >&9
exec 9>&-
wait_for 60 eval '! kill -0 '"$stale"' 2>/dev/null'
grep -qi 'failed' "$work/stale.out" || fail "it could write: $(<"$work/stale.out")"
in_guest "$there" "echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/$disk bs=64k count=1 2>/dev/null | tr -d '\\0' | wc -c" |
  grep -qx ' *0' || fail 'what it wrote is there'
detach "$second" "$shared"
expect_volume "$shared" available
delete_volume "$shared"

step 'the source goes before its copies, and its bytes with the last of them'
for each in "$volume" "$of_snapshot"; do detach "$second" "$each"; done
for each in "$volume" "$of_snapshot"; do expect_volume "$each" available; done
cinder DELETE "/snapshots/$snapshot"
wait_for 30 eval '! cinder GET /snapshots/'"$snapshot"' >/dev/null'
delete_volume "$volume"
images_in volumes | grep -q "^volume-$volume\..*\.deleted$" || fail 'what the copies need has gone'
delete_volume "$of_snapshot"
delete_volume "$of_volume"
nova DELETE "/servers/$second"
nova DELETE "/servers/$booted"
expect_no_trace_of "$booted" "$second"
wait_for 60 volume_is_gone "$root"
for each in "$image" "$uploaded"; do glance DELETE "/images/$each"; done
is_empty() { [[ $(images_in volumes) == nephele-owner.* && $(images_in volumes | wc -l) == 1 && -z $(images_in images) ]]; }
# Glance looks every minute for what it keeps of images that were deleted.
wait_for 150 is_empty || { images_in volumes; images_in images; fail 'something was left in Ceph'; } >&2
