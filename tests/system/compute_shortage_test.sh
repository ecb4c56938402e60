#!/bin/bash
# A host that lacks what guests need: it says so where users and operators look, the APIs stay up, nothing is left
# behind, and it recovers when it gets what it lacks.
. "$(dirname "$0")/compute_cloud.sh"

# without MOUNT-ARGUMENTS...: the cloud runs where this mount hides something, in a mount namespace of its own.
real=$nephele
without() {
  nephele=$work/nephele
  printf '#!/bin/bash\nexec unshare -m --propagation private bash -c "mount %s && exec %q \\"\\$@\\"" _ "$@"\n' \
    "$*" "$real" >"$nephele"
  chmod +x "$nephele"
}

compute_service() {
  nova GET '/os-services?binary=nova-compute' | jq -r '.services[0] | "\(.status) \(.state) \(.disabled_reason)"'
}
service_is() { [[ $(compute_service) == $1 ]]; }

expect_fault() { # SERVER PATTERN
  wait_for 60 is_settled "$1"
  is "$1" ERROR || fail 'it was built'
  [[ $(fault_of "$1") == *"$2"* ]] || fail "the fault is: $(fault_of "$1")"
}

alone='{"networks": "none"}'
configure </dev/null

step 'without QEMU: nova-compute says so and takes itself out, the APIs are up'
without --bind /dev/null /usr/bin/qemu-system-x86_64
up
wait_for 20 service_is 'disabled up AUTO: The program qemu-system-x86_64 is not installed. Install it: *'
upload_guest_image
make_flavor
server=$(create no-qemu "$alone")
expect_fault "$server" 'No valid host was found'
"$nephele" doctor --state-dir "$state" >"$work/doctor" || true
grep -q 'PROBLEM  qemu-system-x86_64 .*is not installed' "$work/doctor" || fail "$(cat "$work/doctor")"
delete "$server"
stop_cloud

step 'with QEMU: it is back by itself'
nephele=$real
up
wait_for 20 service_is 'enabled up null'
server=$(create with-qemu "$alone")
wait_for 60 is_settled "$server"
is "$server" ACTIVE || fail "$(fault_of "$server")"
delete "$server"
stop_cloud

step 'without /dev/net/tun: a server on a network fails with a fault that says what is missing'
without -t tmpfs tmpfs /dev/net
up
make_network
server=$(create no-tun)
expect_fault "$server" 'nova-compute needs CAP_NET_ADMIN and /dev/net/tun'
expect_no_trace_of "$server"
"$nephele" doctor --state-dir "$state" >"$work/doctor" || true
grep -q 'PROBLEM  /dev/net/tun ' "$work/doctor" || fail "$(cat "$work/doctor")"
delete "$server"
delete_everything
stop_cloud

step 'a disk too small for the image: a clear fault, and no half image'
nephele=$real
rm -rf "$state/instances/_base"
mount -t tmpfs -o size=8m tmpfs "$state/instances"
up
server=$(create no-room "$alone")
expect_fault "$server" "The host's disk for instances is full."
expect_no_trace_of "$server"
[[ -z $(ls "$state/instances/_base") ]] || fail "left: $(ls "$state/instances/_base")"
delete "$server"

step 'a disk that is full when the guest is made'
mount -o remount,size=64m "$state/instances"
server=$(create room "$alone")
wait_for 60 is_settled "$server"
is "$server" ACTIVE || fail "$(fault_of "$server")"
delete "$server"
dd if=/dev/zero of="$state/instances/filler" bs=1M status=none 2>/dev/null || true
server=$(create no-room-either "$alone")
expect_fault "$server" "The host's disk for instances is full."
expect_no_trace_of "$server"
delete "$server"

step 'with room again'
rm "$state/instances/filler"
server=$(create room-again "$alone")
wait_for 60 is_settled "$server"
is "$server" ACTIVE || fail "$(fault_of "$server")"
delete "$server"
expect_no_trace_of "$server"
stop_cloud
step 'done'
