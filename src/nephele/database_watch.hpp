// Looks at a database from time to time: whether it answers, and what waits in its outbox.
#pragma once

#include <mutex>
#include <string>

#include "platform/database/database.hpp"
#include "platform/metrics.hpp"
#include "platform/runtime.hpp"

namespace nephele {

// What has not left a service's outbox.
struct OutboxState {
  int64_t messages = 0;
  base::Duration oldest{};  // age; zero if there are none
};
[[nodiscard]] OutboxState read_outbox(platform::Database& database, base::TimePoint now);

class DatabaseWatch {
 public:
  // `has_outbox`: the service's schema has the table.
  DatabaseWatch(platform::Runtime runtime, std::string service, platform::Database& database,
                bool has_outbox);

  // Why it is not to be used now; empty: it answers.
  [[nodiscard]] std::string problem() const;
  [[nodiscard]] const std::string& service() const { return service_; }

 private:
  void look();
  void note(const std::string& problem);

  platform::Runtime runtime_;
  const std::string service_;
  platform::Database& database_;
  const bool has_outbox_;
  platform::metrics::Gauge& up_;

  mutable std::mutex mutex_;
  std::string problem_;
  base::SteadyTime looking_since_ = platform::kNever;  // kNever: not now

  platform::Periodic loop_;
};

}  // namespace nephele
