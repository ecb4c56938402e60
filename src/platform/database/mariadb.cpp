// Transactions on MariaDB: attempts until one is through.
#include "platform/database/mariadb.hpp"

#include <fmt/core.h>

#include <thread>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "platform/database/mariadb_commit.hpp"
#include "platform/database/mariadb_database.hpp"
#include "platform/database/mariadb_error.hpp"
#include "platform/log.hpp"
#include "platform/waiting.hpp"

namespace platform {
namespace {

using Cause = MariadbInterruption::Cause;
using std::chrono::steady_clock;

// A connection seen as the session of one transaction. After an interruption nothing more runs: the
// server has ended the transaction, and a statement would be one of its own.
class MariadbSession final : public Session {
 public:
  explicit MariadbSession(MariadbConnection& connection) : connection_(connection) {}

  void query(std::string_view sql, const SqlValues& values,
             const std::function<void(const SqlRow&)>& each) override {
    guard([&] {
      connection_.query(sql, values, [&](const SqlRow& row) {
        answered_ = true;
        each(row);
      });
      answered_ = true;
    });
  }

  int64_t change(std::string_view sql, const SqlValues& values) override {
    int64_t changed = 0;
    write(sql, [&] { changed = connection_.change(sql, values); });
    return changed;
  }
  void execute(std::string_view sql, const SqlValues& values) override {
    write(sql, [&] { connection_.execute(sql, values); });
  }
  void settle() override {
    guard([&] { connection_.await_answers(); });
  }

  void throw_if_interrupted() const {
    if (interruption_) throw MariadbInterruption(*interruption_);
  }
  [[nodiscard]] bool answered() const { return answered_; }
  [[nodiscard]] bool wrote() const { return wrote_; }

 private:
  template <class F>
  void write(std::string_view sql, F statement) {
    if (connection_.mode() == MariadbMode::read)
      throw base::Error(base::ErrorKind::internal, "An internal error occurred.",
                        "a write inside Database::read: " + std::string(sql));
    guard(statement);
    wrote_ = true;
  }
  template <class F>
  void guard(F statement) {
    throw_if_interrupted();
    try {
      statement();
    } catch (const MariadbInterruption& interruption) {
      interruption_.emplace(interruption);
      throw;
    }
  }

  MariadbConnection& connection_;
  std::optional<MariadbInterruption> interruption_;
  bool answered_ = false;
  bool wrote_ = false;
};

void run_in_transaction(const std::function<void(Session&)>& work, MariadbSession& session) {
  const TransactionScope scope;
  try {
    work(session);
  } catch (...) {
    session.throw_if_interrupted();  // what `work` made of an interruption does not count
    throw;
  }
  session.throw_if_interrupted();
}

// Leaves the connection as it was before the transaction, or closes it.
void end_transaction(MariadbPool::Lease& connection, std::optional<Cause> cause) {
  if (cause == Cause::connection || !connection->roll_back()) connection.discard();
}

void warn_if_not_durable(MariadbConnection& connection, const MariadbOptions& options) {
  int64_t flush = 1;
  connection.query("SELECT @@innodb_flush_log_at_trx_commit", {},
                   [&](const SqlRow& row) { flush = row.integer(0); });
  if (flush == 1) return;
  log_warning(
      "a power cut can undo what was acknowledged: set innodb_flush_log_at_trx_commit=1 on the "
      "server of database={} host={} (it is {})",
      options.database, options.socket.empty() ? options.host : options.socket, flush);
}

}  // namespace

// The patience of one read or write.
class MariadbDatabase::Attempts {
 public:
  Attempts(const char* name, base::Duration patience)
      : name_(name), deadline_(steady_clock::now() + patience) {}
  [[nodiscard]] MariadbPool::Deadline deadline() const { return deadline_; }
  [[nodiscard]] bool is_first() const { return failed_ == 0; }

  // Waits a moment before the next one. Throws base::Error(unavailable) if patience is at its end.
  void note(const MariadbInterruption& why) {
    ++failed_;
    if (steady_clock::now() >= deadline_)
      throw base::Error(
          base::ErrorKind::unavailable, "The database is not available.",
          fmt::format("{} gave up after {} attempts: {}", name_, failed_, why.detail()));
    log_debug("transaction={} runs again, attempts={} after: {}", name_, failed_, why.detail());
    // Not all the same, or they meet again.
    const size_t thread = std::hash<std::thread::id>{}(std::this_thread::get_id()) % 7;
    std::this_thread::sleep_for(std::chrono::milliseconds{std::min(failed_, 20) + thread});
  }

 private:
  const char* name_;
  const MariadbPool::Deadline deadline_;
  int failed_ = 0;
};

MariadbDatabase::MariadbDatabase(const MariadbOptions& options) : pool_(options) {
  const MariadbPool::Lease connection =
      pool_.take(steady_clock::now() + options.patience, MariadbMode::single);
  warn_if_not_durable(*connection, options);
  prepare_commit_marks(*connection);
}

void MariadbDatabase::run_read(const char* name, const Work& work) {
  assert_may_wait("a database read");
  Attempts attempts(name, pool_.options().patience);
  for (;;) {
    bool answered = false;
    try {
      return read_once(work, attempts.deadline(), answered);
    } catch (const MariadbInterruption& interruption) {
      // What `work` was told cannot be taken back: then it does not run again.
      if (answered) throw;
      pool_.count_retry();
      attempts.note(interruption);
    }
  }
}

void MariadbDatabase::read_once(const Work& work, MariadbPool::Deadline deadline, bool& answered) {
  MariadbPool::Lease connection = pool_.take(deadline, MariadbMode::read);
  MariadbSession session(*connection);
  const base::ScopeExit tell([&] { answered = session.answered(); });
  try {
    connection->begin(MariadbMode::read);
    run_in_transaction(work, session);
    connection->end_unchanged();
  } catch (const MariadbInterruption& interruption) {
    end_transaction(connection, interruption.cause);
    throw;
  } catch (...) {
    end_transaction(connection, std::nullopt);
    throw;
  }
}

void MariadbDatabase::run_write(const char* name, const Work& work) {
  assert_may_wait(name);
  Attempts attempts(name, pool_.options().patience);
  for (;;) {
    std::unique_lock gate(retrying_, std::defer_lock);
    if (!attempts.is_first()) (void)gate.try_lock_until(attempts.deadline());
    try {
      return write_once(work, attempts.deadline());
    } catch (const MariadbInterruption& interruption) {
      pool_.count_retry();
      attempts.note(interruption);
    }
  }
}

void MariadbDatabase::write_once(const Work& work, MariadbPool::Deadline deadline) {
  MariadbPool::Lease connection = pool_.take(deadline, MariadbMode::write);
  MariadbSession session(*connection);
  try {
    if (connection->next_commit().number == 1) forget_old_marks(*connection);
    connection->begin(MariadbMode::write);
    run_in_transaction(work, session);
    if (!session.wrote()) return connection->end_unchanged();
  } catch (const MariadbInterruption& interruption) {
    end_transaction(connection, interruption.cause);
    throw;
  } catch (...) {
    end_transaction(connection, std::nullopt);
    throw;
  }
  commit(connection, deadline);
}

void MariadbDatabase::commit(MariadbPool::Lease& connection, MariadbPool::Deadline deadline) {
  const CommitMark mark = connection->next_commit();
  try {
    return commit_with_mark(*connection);
  } catch (const MariadbInterruption& interruption) {
    end_transaction(connection, interruption.cause);
    if (interruption.cause == Cause::transaction) throw;
    // The change may be there already, so looking is worth more patience than making it.
    const auto longer = std::max(deadline, steady_clock::now() + pool_.options().patience);
    if (was_committed(pool_, mark, longer)) return;
    throw;
  } catch (...) {
    end_transaction(connection, std::nullopt);
    throw;
  }
}

std::unique_ptr<Database> open_mariadb(const MariadbOptions& options) {
  const std::string where =
      options.socket.empty() ? fmt::format("{}:{}", options.host, options.port) : options.socket;
  try {
    return std::make_unique<MariadbDatabase>(options);
  } catch (const MariadbRefusal& refusal) {
    throw base::Error(
        base::ErrorKind::bad_request,
        fmt::format("{} does not let the user {} into the database {}: check user, password and "
                    "name of the database in [database] connection, and that they were made there.",
                    where, options.user, options.database),
        refusal.detail());
  } catch (const base::Error& error) {
    throw base::Error(
        base::ErrorKind::unavailable,
        fmt::format("The database {} of user {} on {} cannot be opened: check that it "
                    "runs, and host and port in [database] connection.",
                    options.database, options.user, where),
        error.detail());
  }
}

}  // namespace platform
