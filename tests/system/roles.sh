# Sourced by tests that run roles as processes of their own: `nephele run` with $arguments, an array. What they print is in
# $work. Needs scripts/lib.sh and rest.sh; kill_roles when the test ends.
# shellcheck shell=bash
declare -A role_pids

# start_role NAME ROLE...: one process with these roles; returns when it is ready.
start_role() {
  local deadline=$((SECONDS + 60))
  "$nephele" run "${@:2}" "${arguments[@]}" >"$work/$1.out" 2>&1 &
  role_pids[$1]=$!
  until grep -qsw ready "$work/$1.out"; do
    ((SECONDS <= deadline)) && kill -0 "${role_pids[$1]}" 2>/dev/null || { cat "$work/$1.out"; fail "$1 did not start"; }
    sleep 0.05
  done
}

stop_role() { # NAME
  kill "${role_pids[$1]}"
  wait "${role_pids[$1]}" || fail "$1 did not end well"
  unset "role_pids[$1]"
}

kill_roles() {
  local pid
  for pid in "${role_pids[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
}
