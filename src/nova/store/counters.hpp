// Numbers that count up: ids before there were UUIDs, and the generations of hosts.
#pragma once

#include <string>
#include <string_view>

#include "platform/database/rows.hpp"

namespace nova::store {

// Of compute_nodes.generation.
inline constexpr std::string_view kHostGenerations = "host_generations";

// The first of `count` numbers that nobody else gets. `counter`: a row of the table `counters`.
//
// The counter is the transaction's until it ends: whoever wants one waits for the one before, so
// numbers become visible in their order. Take them at the transaction's beginning: a transaction
// that first reads what the other is about to change would be undone and run again.
[[nodiscard]] int64_t take_numbers(platform::Session& session, const std::string& counter,
                                   int64_t count = 1);

}  // namespace nova::store
