// What is counted of databases: transactions, and the connections that they run on.
#pragma once

#include <memory>
#include <string>

#include "platform/clock.hpp"
#include "platform/database/database.hpp"
#include "platform/metrics.hpp"

namespace platform {

// The same database; its transactions are counted and timed under `name`.
[[nodiscard]] std::unique_ptr<Database> with_metrics(std::unique_ptr<Database> database,
                                                     const std::string& name, const Clock& clock);

// The connections of a pool, under the database's name.
struct PoolMetrics {
  explicit PoolMetrics(const std::string& database, size_t limit);
  metrics::Gauge& in_use;
  metrics::Counter& waits;    // for a connection that is free
  metrics::Counter& retries;  // transactions that ran again after a deadlock or lost connection
};

// The name of a database in a file: "nova" of STATE/db/nova.sqlite.
[[nodiscard]] std::string database_label(const std::string& path);

}  // namespace platform
