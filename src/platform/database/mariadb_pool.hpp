// A bounded number of connections to one MariaDB database.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "platform/database/database_metrics.hpp"
#include "platform/database/mariadb_connection.hpp"

namespace platform {

// Thread-safe.
class MariadbPool {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  // A connection lent to one thread. It goes back when this ends, unless it was discarded.
  class Lease {
   public:
    Lease(MariadbPool& pool, std::unique_ptr<MariadbConnection> connection)
        : pool_(pool), connection_(std::move(connection)) {}
    ~Lease() {
      if (connection_) pool_.give_back(std::move(connection_));
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    MariadbConnection& operator*() const { return *connection_; }
    MariadbConnection* operator->() const { return connection_.get(); }
    // Closes it, and with it those that lie idle: what broke one has likely broken all. Nothing
    // but the end of the lease may follow.
    void discard();

   private:
    MariadbPool& pool_;
    std::unique_ptr<MariadbConnection> connection_;  // null: discarded
  };

  explicit MariadbPool(MariadbOptions options)
      : options_(std::move(options)), metrics_(options_.database, options_.connections) {}

  // Waits for a free one, and tries again to connect, until `deadline`; then throws
  // base::Error(unavailable). One of that mode if there is one: the caller begins it.
  [[nodiscard]] Lease take(Deadline deadline, MariadbMode mode);
  [[nodiscard]] const MariadbOptions& options() const { return options_; }
  // A transaction runs again.
  void count_retry() { metrics_.retries.add(); }

 private:
  std::unique_ptr<MariadbConnection> wait_for_idle(Deadline deadline, MariadbMode mode);
  std::unique_ptr<MariadbConnection> connect(Deadline deadline);
  // Null: one that was lent is closed.
  void give_back(std::unique_ptr<MariadbConnection> connection) noexcept;

  const MariadbOptions options_;
  PoolMetrics metrics_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<MariadbConnection>> idle_;
  size_t taken_ = 0;
};

}  // namespace platform
