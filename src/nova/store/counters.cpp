#include "nova/store/counters.hpp"

#include <utility>

namespace nova::store {

int64_t take_numbers(platform::Session& session, const std::string& counter, int64_t count) {
  session.execute("UPDATE counters SET value=value+? WHERE name=?", {count, counter});
  return platform::number(session, "SELECT value FROM counters WHERE name=?", {counter}) - count +
         1;
}

int64_t NumberBlock::take(platform::Database& database, int64_t count) {
  constexpr int64_t kBlock = 64;
  {
    const std::lock_guard lock(mutex_);
    if (end_ - next_ >= count) return std::exchange(next_, next_ + count);
  }
  const int64_t first = database.write("numbers", [&](platform::Session& session) {
    return take_numbers(session, counter_, count + kBlock);
  });
  const std::lock_guard lock(mutex_);
  next_ = first + count;
  end_ = next_ + kBlock;
  return first;
}

}  // namespace nova::store
