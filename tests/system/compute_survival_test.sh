#!/bin/bash
# nova-compute dies at any moment, as kill -9 and Ctrl-C end it, and its guests' QEMU does: what runs goes on and is
# found again, what was begun is finished, nothing stays on the host without an owner.
. "$(dirname "$0")/compute_cloud.sh"

# wait_on_host COMMAND...: the moment at which it becomes true, to some milliseconds.
wait_on_host() {
  local deadline=$((SECONDS + 30))
  until "$@"; do
    ((SECONDS <= deadline)) || fail "not within the time: $*"
    sleep 0.005
  done
}
has_directory() { [[ -d $state/instances/$1 ]]; }
has_tap() { grep -qs "$1" /sys/class/net/*/ifalias; }
has_process() { [[ $(guest_pids "$1") ]]; }
has_no_process() { ! has_process "$1"; }
pid_of() { cat "$state/instances/$1/qemu.pid"; }

expect_same_guest() { # SERVER PID
  kill -0 "$2" || fail 'the guest has died'
  [[ $(pid_of "$1") == "$2" && $(guest_pids "$1") == "$2" ]] || fail 'not the same guest'
  is "$1" ACTIVE || fail "the server is $(status_of "$1")"
}

configure <<<$'[DEFAULT]\nsync_power_state_interval = 1'
step 'start a cloud with a server'
up
upload_guest_image
make_flavor
make_network
server=$(create runs-on)
wait_for 60 is_settled "$server"
is "$server" ACTIVE || fail "$(fault_of "$server")"
pid=$(pid_of "$server")

step 'killed while a guest runs: the guest runs on and is found'
crash_cloud
kill -0 "$pid" || fail 'the guest has died'
up
expect_same_guest "$server" "$pid"
wait_for 60 console_has "$server" .

step 'ended by SIGTERM: so it does'
stop_cloud
kill -0 "$pid" || fail 'the guest has died'
up
expect_same_guest "$server" "$pid"

step 'a guest that is killed is seen to be off, and starts again'
stop_cloud
kill -KILL "$pid"
"$nephele" doctor --state-dir "$state" >"$state/doctor" || true
grep -q "server $server .*is active, but its guest does not run" "$state/doctor" || fail "$(cat "$state/doctor")"
up
wait_for 20 is "$server" SHUTOFF
nova POST "/servers/$server/action" '{"os-start": null}'
wait_for 60 is "$server" ACTIVE
[[ $(pid_of "$server") != "$pid" ]] || fail 'the dead guest is shown'

built=()
for moment in has_directory has_tap has_process; do
  step "killed while a server is built: $moment"
  new=$(create "$moment")
  wait_on_host "$moment" "$new"
  crash_cloud
  up
  wait_for 90 is_settled "$new"
  case $(status_of "$new") in
    ACTIVE) [[ $(guest_pids "$new" | wc -l) == 1 ]] || fail 'it does not run once' ;;
    ERROR) fail "$(fault_of "$new")" ;;
  esac
  built+=("$new")
done

step 'killed as a server is to be deleted'
nova DELETE "/servers/${built[0]}"
crash_cloud
up
wait_for 60 is_gone "${built[0]}"
expect_no_trace_of "${built[0]}"

step 'killed while a server is deleted'
nova DELETE "/servers/${built[1]}"
wait_on_host has_no_process "${built[1]}"
crash_cloud
up
wait_for 60 is_gone "${built[1]}"
expect_no_trace_of "${built[1]}"

step 'nothing is left'
delete "$server" "${built[2]}"
expect_no_trace_of "$server" "${built[@]}"
[[ $(ls "$state/instances") == _base$'\n'virt_type ]] || fail "left: $(ls "$state/instances")"
delete_everything
stop_cloud
step 'done'
