#include "nova/store/counters.hpp"

namespace nova::store {

int64_t take_numbers(platform::Session& session, const std::string& counter, int64_t count) {
  session.execute("UPDATE counters SET value=value+? WHERE name=?", {count, counter});
  return platform::number(session, "SELECT value FROM counters WHERE name=?", {counter}) - count +
         1;
}

}  // namespace nova::store
