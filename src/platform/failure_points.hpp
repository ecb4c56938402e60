// Places at which a test ends the process as kill -9 does: around each commit, each message sent
// and handled, each request to another service. They exist in builds with NEPHELE_FAILURE_POINTS
// (the sanitizer presets); elsewhere these functions hand back what they are given.
//
// The environment variable NEPHELE_FAILURE_POINTS names a directory of the process. Each point that
// it passes is a line of the file `passed` there; at the point whose name is in the file `armed` it
// removes that file and dies. A name is kind, what and side: "commit server.create before", "handle
// BuildServer after".
#pragma once

#include <memory>
#include <utility>

#include "platform/bus/bus.hpp"
#include "platform/database/database.hpp"
#include "platform/http/client.hpp"

namespace platform {

#ifdef NEPHELE_FAILURE_POINTS

[[nodiscard]] std::unique_ptr<Database> with_failure_points(std::unique_ptr<Database> database);
[[nodiscard]] std::unique_ptr<Bus> with_failure_points(std::unique_ptr<Bus> bus);
[[nodiscard]] std::unique_ptr<http::Transport> with_failure_points(
    std::unique_ptr<http::Transport> transport);

#else

template <class T>
[[nodiscard]] std::unique_ptr<T> with_failure_points(std::unique_ptr<T> whole) {
  return whole;
}

#endif

}  // namespace platform
