// How a hop stands in a trace file: shared by the writer and the reader.
#pragma once

#include <string>

#include "platform/trace.hpp"

namespace platform {

// One line of JSON with its end of line.
[[nodiscard]] std::string to_trace_line(const Hop& hop);

}  // namespace platform
