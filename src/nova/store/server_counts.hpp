// How many servers there are, for operators.
#pragma once

#include <map>
#include <string>

#include "platform/database/rows.hpp"

namespace nova::store {

struct ServerCounts {
  std::map<std::string, int64_t> by_state;  // vm_state
  int64_t in_progress = 0;                  // in an operation
  int64_t overdue = 0;                      // of these: past their deadline
};

[[nodiscard]] ServerCounts count_servers(platform::Session& session, base::TimePoint now);

}  // namespace nova::store
