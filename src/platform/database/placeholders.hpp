// Lists of values in a statement.
#pragma once

#include <string>

#include "platform/database/value.hpp"

namespace platform {

// "?,?,?,?": for `column IN (...)`. There are as many as there are values, rounded up to a power
// of two so that few statements are ever prepared; `values` is filled up with its last one to
// match. At least one value.
[[nodiscard]] std::string placeholders(SqlValues& values);

}  // namespace platform
