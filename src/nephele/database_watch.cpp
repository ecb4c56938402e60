#include "nephele/database_watch.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace nephele {
namespace {

using platform::metrics::Description;
using platform::metrics::registry;

constexpr base::Duration kInterval = std::chrono::seconds{5};
// An answer that takes longer is as good as none to who waits for one.
constexpr base::Duration kLongestLook = std::chrono::seconds{3};

constexpr Description kUp{"nephele_database_up", "1 if the database answered when last asked."};
constexpr Description kOutboxMessages{"nephele_outbox_messages",
                                      "Messages in the outbox: not yet settled by the bus."};
constexpr Description kOutboxAge{"nephele_outbox_oldest_age_seconds",
                                 "Age of the oldest message in the outbox; 0 if it is empty."};

double seconds(base::Duration duration) { return static_cast<double>(duration.count()) / 1e6; }

}  // namespace

OutboxState read_outbox(platform::Database& database, base::TimePoint now) {
  return database.read([&](platform::Session& session) {
    OutboxState state;
    session.query("SELECT COUNT(*), COALESCE(MIN(created_at), 0) FROM outbox", {},
                  [&](const platform::SqlRow& row) {
                    state.messages = row.integer(0);
                    if (state.messages > 0)
                      state.oldest =
                          std::max(now.time_since_epoch() - base::Duration{row.integer(1)},
                                   base::Duration{0});
                  });
    return state;
  });
}

DatabaseWatch::DatabaseWatch(platform::Runtime runtime, std::string service,
                             platform::Database& database, bool has_outbox)
    : runtime_(std::move(runtime)),
      service_(std::move(service)),
      database_(database),
      has_outbox_(has_outbox),
      up_(registry().gauge(kUp, {{"database", service_}})),
      loop_(runtime_.executor, "database watch", kInterval, [this] { look(); }) {}

std::string DatabaseWatch::problem() const {
  const base::SteadyTime now = runtime_.clock.steady();
  const std::lock_guard lock(mutex_);
  if (!problem_.empty()) return problem_;
  if (looking_since_ == platform::kNever || now - looking_since_ < kLongestLook) return "";
  return fmt::format(
      "it has not answered for {} s",
      std::chrono::duration_cast<std::chrono::seconds>(now - looking_since_).count());
}

void DatabaseWatch::look() {
  {
    const base::SteadyTime now = runtime_.clock.steady();
    const std::lock_guard lock(mutex_);
    looking_since_ = now;
  }
  try {
    if (has_outbox_) {
      const OutboxState outbox = read_outbox(database_, runtime_.clock.now());
      registry()
          .gauge(kOutboxMessages, {{"service", service_}})
          .set(static_cast<double>(outbox.messages));
      registry().gauge(kOutboxAge, {{"service", service_}}).set(seconds(outbox.oldest));
    } else {
      database_.read([](platform::Session& session) {
        session.query("SELECT 1", {}, [](const platform::SqlRow&) {});
      });
    }
    note("");
  } catch (const base::Error& error) {
    note(error.detail().empty() ? error.message() : error.detail());
  }
}

void DatabaseWatch::note(const std::string& problem) {
  up_.set(problem.empty() ? 1 : 0);
  const std::lock_guard lock(mutex_);
  problem_ = problem;
  looking_since_ = platform::kNever;
}

}  // namespace nephele
