#!/bin/bash
# Images of a real guest's disk: while it runs and writes, while it is paused, and stopped; servers that boot from them;
# a power cut, a deleted server and a deleted image in the middle of it; backups that rotate.
. "$(dirname "$0")/compute_cloud.sh"

in_guest() { # ADDRESS COMMAND...: over ssh, from the namespace of the network.
  ip netns exec "qdhcp-$network" ssh -i "$work/key" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
    -o LogLevel=ERROR -o ConnectTimeout=10 "root@$1" "${@:2}"
}
address_of() { nova GET "/servers/$1" | jq -r '.server.addresses[][0].addr'; }
guest_answers() { in_guest "$1" true 2>/dev/null; }

create_image() { # SERVER NAME: its id
  nova POST "/servers/$1/action" "{\"createImage\": {\"name\": \"$2\"}}" | jq -r .image_id
}
image_is() { [[ $(glance GET "/images/$1" | jq -r .status 2>/dev/null) == "$2" ]]; }
image_is_gone() { ! glance GET "/images/$1" >/dev/null; }
has_no_task() { [[ $(nova GET "/servers/$1" | jq -r '.server["OS-EXT-STS:task_state"]') == null ]]; }
expect_image() { # SERVER IMAGE: it is whole, and the server free again
  wait_for 120 image_is "$2" active || { glance GET "/images/$2" >&2; fail 'the image is not active'; }
  wait_for 30 has_no_task "$1"
  expect_no_copies
}
copies() { find "$state/instances" -name copy; }
no_copies() { [[ -z $(copies) ]]; }
expect_no_copies() { wait_for 30 no_copies || fail "left on the host: $(copies)"; }
unsettled() { sqlite3 "$state/db/nova.sqlite" 'SELECT COUNT(*) FROM server_images'; }
all_settled() { [[ $(unsettled) == 0 ]]; }
act() { nova POST "/servers/$1/action" "$2"; }
becomes() { # SERVER STATUS
  wait_for 90 is "$1" "$2" || fail "$1 is not $2: $(fault_of "$1")"
  wait_for 30 has_no_task "$1"
}

printf '[DEFAULT]\nsync_power_state_interval = 5\nshutdown_timeout = 20\n' | configure
step 'start a cloud, and a guest'
up
upload_guest_image
flavor=$(nova POST /flavors '{"flavor": {"name": "two", "ram": 128, "disk": 2, "vcpus": 1}}' | jq -r .flavor.id)
make_network
ssh-keygen -q -t ed25519 -N '' -C image-test -f "$work/key"
nova POST /os-keypairs "$(jq -nc --rawfile key "$work/key.pub" \
  '{keypair: {name: "image", type: "ssh", public_key: $key}}')" >/dev/null
group=$(neutron GET '/security-groups?name=default' | jq -r '.security_groups[0].id')
neutron POST /security-group-rules "{\"security_group_rule\": {\"security_group_id\": \"$group\",
  \"direction\": \"ingress\", \"protocol\": \"tcp\", \"port_range_min\": 22, \"port_range_max\": 22}}" >/dev/null
server=$(create first '{"key_name": "image"}')
becomes "$server" ACTIVE
here=$(address_of "$server")
wait_for 180 guest_answers "$here"

step 'an image while the guest writes; it goes on'
# Two places far from each other, always written in this order: no copy may have the second one newer.
in_guest "$here" 'cat >/tmp/write.sh; sh /tmp/write.sh >/dev/null 2>&1 & echo $! >/tmp/writer' <<'END'
n=0
while :; do
  n=$((n + 1))
  printf '%08d' $n | dd of=/dev/vda bs=512 seek=2048000 conv=notrunc,fsync
  printf '%08d' $n | dd of=/dev/vda bs=512 seek=4096000 conv=notrunc,fsync
done
END
count_in_guest() { in_guest "$here" 'dd if=/dev/vda bs=512 skip=2048000 count=1 iflag=direct 2>/dev/null' | head -c 8; }
sleep 1
before=$(count_in_guest)
live=$(create_image "$server" live)
expect_image "$server" "$live"
after=$(count_in_guest)
is "$server" ACTIVE || fail 'it does not run'
((10#$after > 10#$before)) || fail "the guest did not write on: $before, $after"
glance GET "/images/$live" | jq -e --arg server "$server" --arg image "$image" \
  '.image_type == "snapshot" and .instance_uuid == $server and .base_image_ref == $image and .disk_format == "qcow2"
   and .min_disk == 2 and .virtual_size == 2147483648' >/dev/null || fail "$(glance GET "/images/$live")"
curl -sf "http://$api_address:$((9292 + offset))/v2/images/$live/file" -H "X-Auth-Token: $token" -o "$work/live.qcow2"
qemu-img check -q "$work/live.qcow2"
[[ $(qemu-img info --output json "$work/live.qcow2" | jq -r '.["backing-filename"]') == null ]] || fail 'a backing file'
at() { qemu-io -r -f qcow2 -c "read -v $(($1 * 512)) 8" "$work/live.qcow2" | sed -n 's/^[0-9a-f]*:.*  \([0-9]*\).*/\1/p'; }
first=$(at 2048000) second=$(at 4096000)
((10#$first >= 10#$before && 10#$first <= 10#$after)) || fail "the copy is not of that time: $before $first $after"
((10#$second == 10#$first || 10#$second == 10#$first - 1)) || fail "the copy is not of one moment: $first $second"
rm "$work/live.qcow2"

step 'a server boots from it'
in_guest "$here" 'kill "$(cat /tmp/writer)"; echo once upon a time >/persist/story; sync'
told=$(create_image "$server" told)
expect_image "$server" "$told"
base=$image image=$told
twin=$(create twin '{"key_name": "image"}')
image=$base
becomes "$twin" ACTIVE
there=$(address_of "$twin")
wait_for 180 guest_answers "$there"
in_guest "$there" 'cat /persist/story' | grep -q 'once upon a time' || fail 'the file is not there'
delete "$twin"

step 'images while it is paused, and while it is stopped'
act "$server" '{"pause": null}'
becomes "$server" PAUSED
paused=$(create_image "$server" paused)
expect_image "$server" "$paused"
is "$server" PAUSED || fail 'it is not paused any more'
act "$server" '{"unpause": null}'
becomes "$server" ACTIVE
act "$server" '{"os-stop": null}'
becomes "$server" SHUTOFF
stopped=$(create_image "$server" stopped)
expect_image "$server" "$stopped"
is "$server" SHUTOFF || fail 'it is not stopped any more'
act "$server" '{"os-start": null}'
becomes "$server" ACTIVE
wait_for 180 guest_answers "$here"

step 'a power cut of the control plane in the middle of it, at several moments'
in_guest "$here" 'dd if=/dev/urandom of=/dev/vda bs=1M seek=300 count=150 conv=notrunc,fsync 2>/dev/null'
for pause in 0.1 0.4 0.8 1.5; do
  cut=$(create_image "$server" "cut-$pause")
  sleep "$pause"
  crash_cloud
  up
  wait_for 90 has_no_task "$server" || fail 'the server is stuck'
  is "$server" ACTIVE || fail 'it does not run'
  image_is "$cut" active || wait_for 30 image_is_gone "$cut" || fail "left: $(glance GET "/images/$cut")"
  printf '  after %s s: %s\n' "$pause" "$(glance GET "/images/$cut" 2>/dev/null | jq -r .status 2>/dev/null || echo gone)"
  expect_no_copies
  wait_for 90 all_settled
done
wait_for 60 guest_answers "$here"

step 'the image is deleted meanwhile'
unwanted=$(create_image "$server" unwanted)
glance DELETE "/images/$unwanted"
wait_for 60 has_no_task "$server"
image_is_gone "$unwanted" || fail 'it is back'
expect_no_copies
nova GET "/servers/$server/os-instance-actions" | jq -e '.instanceActions[0] | .action == "createImage"' >/dev/null


step 'backups take the place of the oldest one'
backup() { act "$server" "{\"createBackup\": {\"name\": \"$1\", \"backup_type\": \"daily\", \"rotation\": 1}}" | jq -r .image_id; }
old=$(backup old)
expect_image "$server" "$old"
new=$(backup new)
expect_image "$server" "$new"
wait_for 20 image_is_gone "$old"

step 'the server is deleted meanwhile'
last=$(create_image "$server" last)
nova DELETE "/servers/$server"
wait_for 60 is_gone "$server"
expect_no_trace_of "$server"
wait_for 90 all_settled
image_is "$last" active || image_is_gone "$last" || fail "left: $(glance GET "/images/$last")"
image_is "$new" active || fail 'an image went with its server'
