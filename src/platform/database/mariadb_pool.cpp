#include "platform/database/mariadb_pool.hpp"

#include <algorithm>
#include <thread>

#include "base/error.hpp"
#include "platform/database/mariadb_error.hpp"

namespace platform {
namespace {

using std::chrono::steady_clock;

// oslo.db's connection_recycle_time. Marks of commits are kept far longer (mariadb_commit.cpp).
constexpr auto kRecycleAfter = std::chrono::hours{1};
constexpr auto kFirstPause = std::chrono::milliseconds{20};
constexpr auto kLongestPause = std::chrono::milliseconds{1000};

[[noreturn]] void fail(const std::string& detail) {
  throw base::Error(base::ErrorKind::unavailable, "The database is not available.", detail);
}

}  // namespace

void MariadbPool::Lease::discard() {
  connection_.reset();
  pool_.give_back(nullptr);
}

MariadbPool::Lease MariadbPool::take(Deadline deadline, MariadbMode mode) {
  auto connection = wait_for_idle(deadline, mode);
  if (connection && steady_clock::now() - connection->opened_at() > kRecycleAfter)
    connection.reset();
  try {
    if (!connection) connection = connect(deadline);
  } catch (...) {
    give_back(nullptr);
    throw;
  }
  return {*this, std::move(connection)};
}

// Null: one may be opened. Either way it counts as taken.
std::unique_ptr<MariadbConnection> MariadbPool::wait_for_idle(Deadline deadline, MariadbMode mode) {
  std::unique_lock lock(mutex_);
  if (taken_ >= options_.connections) metrics_.waits.add();
  if (!returned_.wait_until(lock, deadline, [&] { return taken_ < options_.connections; }))
    fail("all connections are in use");
  ++taken_;
  metrics_.in_use.add(1);
  if (idle_.empty()) return nullptr;
  const auto same = std::find_if(idle_.rbegin(), idle_.rend(),
                                 [&](const auto& entry) { return entry->mode() == mode; });
  std::swap(same == idle_.rend() ? idle_.back() : *same, idle_.back());
  auto connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

std::unique_ptr<MariadbConnection> MariadbPool::connect(Deadline deadline) {
  for (auto pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
    try {
      return std::make_unique<MariadbConnection>(options_);
    } catch (const MariadbInterruption& error) {
      if (steady_clock::now() + pause >= deadline) fail(error.detail());
    }
    std::this_thread::sleep_for(pause);
  }
}

void MariadbPool::give_back(std::unique_ptr<MariadbConnection> connection) noexcept {
  std::vector<std::unique_ptr<MariadbConnection>> broken;
  {
    const std::lock_guard lock(mutex_);
    --taken_;
    metrics_.in_use.add(-1);
    if (connection)
      idle_.push_back(std::move(connection));
    else
      broken.swap(idle_);
  }
  returned_.notify_one();
}

}  // namespace platform
