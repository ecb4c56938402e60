#include "platform/database/database_metrics.hpp"

#include <filesystem>

#include "base/error.hpp"
#include "base/scope_exit.hpp"

namespace platform {
namespace {

using metrics::Description;
using metrics::registry;

constexpr Description kTook{"nephele_database_transaction_duration_seconds",
                            "How long transactions took, waiting included, by kind."};
constexpr Description kFailed{"nephele_database_transactions_failed_total",
                              "Transactions that the database did not do, by kind."};
constexpr Description kInUse{"nephele_database_connections_in_use",
                             "Connections to the database that a transaction has now."};
constexpr Description kLimit{"nephele_database_connections_limit",
                             "How many connections to the database there may be."};
constexpr Description kWaits{"nephele_database_connection_waits_total",
                             "Transactions that had to wait for a free connection."};
constexpr Description kRetries{
    "nephele_database_transaction_retries_total",
    "Transactions that ran again after a deadlock or a lost connection."};

// What is known of one kind of transaction.
struct Kind {
  Kind(const std::string& database, std::string_view kind)
      : took(registry().histogram(kTook, {{"database", database}, {"kind", kind}})),
        failed(registry().counter(kFailed, {{"database", database}, {"kind", kind}})) {}
  metrics::Histogram& took;
  metrics::Counter& failed;
};

// Of the database itself: what a transaction refuses by throwing is its success.
bool is_failure(const base::Error& error) {
  return error.kind() == base::ErrorKind::unavailable || error.kind() == base::ErrorKind::timeout ||
         error.kind() == base::ErrorKind::internal;
}

template <class F>
void measure(const Clock& clock, Kind& kind, F transaction) {
  const base::SteadyTime start = clock.steady();
  const base::ScopeExit note([&] { kind.took.observe(clock.steady() - start); });
  try {
    transaction();
  } catch (const base::Error& error) {
    if (is_failure(error)) kind.failed.add();
    throw;
  }
}

class MeasuredDatabase final : public Database {
 public:
  MeasuredDatabase(std::unique_ptr<Database> database, const std::string& name, const Clock& clock)
      : database_(std::move(database)),
        clock_(clock),
        reads_(name, "read"),
        writes_(name, "write") {}

 protected:
  void run_read(const char*, const std::function<void(Session&)>& work) override {
    measure(clock_, reads_, [&] { database_->read(work); });
  }
  void run_write(const char* name, const std::function<void(Session&)>& work) override {
    measure(clock_, writes_, [&] { database_->write(name, work); });
  }

 private:
  std::unique_ptr<Database> database_;
  const Clock& clock_;
  Kind reads_;
  Kind writes_;
};

}  // namespace

std::unique_ptr<Database> with_metrics(std::unique_ptr<Database> database, const std::string& name,
                                       const Clock& clock) {
  return std::make_unique<MeasuredDatabase>(std::move(database), name, clock);
}

PoolMetrics::PoolMetrics(const std::string& database, size_t limit)
    : in_use(registry().gauge(kInUse, {{"database", database}})),
      waits(registry().counter(kWaits, {{"database", database}})),
      retries(registry().counter(kRetries, {{"database", database}})) {
  registry().gauge(kLimit, {{"database", database}}).set(static_cast<double>(limit));
}

std::string database_label(const std::string& path) {
  return std::filesystem::path(path).stem().string();
}

}  // namespace platform
