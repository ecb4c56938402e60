// Numbers that count up: ids before there were UUIDs, and the generations of hosts.
#pragma once

#include <mutex>
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

// Numbers of one counter for those who take many and need no order: a process takes a block of them
// at a time, so that transactions do not wait for the counter. What is left when it ends is
// nobody's. Thread-safe.
class NumberBlock {
 public:
  explicit NumberBlock(std::string counter) : counter_(std::move(counter)) {}
  // The first of `count` numbers in a row.
  [[nodiscard]] int64_t take(platform::Database& database, int64_t count);

 private:
  const std::string counter_;
  std::mutex mutex_;
  int64_t next_ = 0;
  int64_t end_ = 0;
};

}  // namespace nova::store
