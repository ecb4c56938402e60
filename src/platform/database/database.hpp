// The database of a service: transactions as closures, SQLite here (MariaDB speaks the same SQL
// subset behind the same interface).
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "platform/clock.hpp"
#include "platform/database/value.hpp"

namespace platform {

struct Message;

// Publishes what a transaction has enqueued (outbox.hpp), once that is durable.
class Outlet {
 public:
  virtual ~Outlet() = default;
  virtual void publish(const std::string& topic, const Message& message) = 0;
};

// One connection inside one transaction. Statements are text with `?`, prepared once and kept, so
// the text must be one of a bounded set: never build it from user input.
class Session {
 public:
  virtual ~Session() = default;
  // Calls `each` for every row.
  virtual void query(std::string_view sql, const SqlValues& values,
                     const std::function<void(const SqlRow&)>& each) = 0;
  // Number of rows changed. Throws base::Error(conflict) with detail "unique" when a unique or
  // primary key is violated.
  virtual int64_t change(std::string_view sql, const SqlValues& values) = 0;
  // The same for who need not know yet: it may not be done when this returns. What change() would
  // have thrown, a later call does, or the commit.
  virtual void execute(std::string_view sql, const SqlValues& values) = 0;
  // Returns when all is done that execute() was called for, or throws for it.
  virtual void settle() {}

  // What to do when the transaction is durable, in the thread that asked for it. Forgotten if it is
  // rolled back, or if the database has no outlet.
  void after_commit(std::function<void(Outlet&)> publish) {
    after_commit_.push_back(std::move(publish));
  }

 private:
  friend class Database;
  std::vector<std::function<void(Outlet&)>> after_commit_;
};

class Database {
 public:
  virtual ~Database() = default;

  // Runs `work` on a consistent snapshot and returns its result. `work` may not write.
  template <class F>
  auto read(F&& work) -> std::invoke_result_t<F, Session&> {
    return run<F>(work, &Database::run_read, "read");
  }
  // Runs `work` in a write transaction that is durable when this returns. If `work` throws, nothing
  // is written. `work` may run again after a deadlock or lost connection, so it must have no effect
  // but on the session; it must not wait for anything else (asserted by platform/waiting.hpp).
  template <class F>
  auto write(const char* name, F&& work) -> std::invoke_result_t<F, Session&> {
    return run<F>(work, &Database::write_then_publish, name);
  }
  // One at a time: the last that was set.
  void set_outlet(std::weak_ptr<Outlet> outlet);

 protected:
  virtual void run_read(const char* name, const std::function<void(Session&)>& work) = 0;
  virtual void run_write(const char* name, const std::function<void(Session&)>& work) = 0;

 private:
  void write_then_publish(const char* name, const std::function<void(Session&)>& work);

  template <class F, class Runner>
  auto run(F& work, Runner runner, const char* name) -> std::invoke_result_t<F, Session&> {
    using Result = std::invoke_result_t<F, Session&>;
    if constexpr (std::is_void_v<Result>) {
      (this->*runner)(name, [&](Session& session) { work(session); });
    } else {
      std::optional<Result> result;
      (this->*runner)(name, [&](Session& session) { result.emplace(work(session)); });
      return std::move(*result);
    }
  }

  std::mutex outlet_mutex_;
  std::weak_ptr<Outlet> outlet_;
};

struct SqliteOptions {
  std::string path;    // a file, or ":memory:" (tests, simulation: one shared connection)
  size_t readers = 4;  // read connections
};
// One writer with group commit, WAL, synchronous=FULL. Creates the file (mode 0600). Throws
// base::Error(unavailable) naming the path if it can not be opened.
[[nodiscard]] std::unique_ptr<Database> open_sqlite(const SqliteOptions& options);

}  // namespace platform
