// SQLite in a file: one writer, a few readers on snapshots beside it (WAL).
#include <condition_variable>
#include <mutex>

#include "platform/database/database_metrics.hpp"
#include "platform/database/sqlite_memory.hpp"
#include "platform/database/sqlite_writer.hpp"
#include "platform/waiting.hpp"

namespace platform {
namespace {

std::unique_ptr<SqliteConnection> connect(const std::string& path, const char* cache_size) {
  auto connection = std::make_unique<SqliteConnection>(path);
  connection->run("PRAGMA busy_timeout=5000");
  connection->run("PRAGMA journal_mode=WAL");
  connection->run("PRAGMA synchronous=FULL");
  connection->run("PRAGMA foreign_keys=ON");
  connection->run("PRAGMA temp_store=MEMORY");
  connection->run(cache_size);
  // Pages (16 MiB): a page that changes often is copied into the database once for many commits.
  connection->run("PRAGMA wal_autocheckpoint=4000");
  return connection;
}

// Connections for reading, opened when they are first needed.
class ReaderPool {
 public:
  ReaderPool(std::string path, size_t limit)
      : path_(std::move(path)), limit_(limit), metrics_(database_label(path_), limit) {}

  void run(const std::function<void(Session&)>& work) {
    auto connection = take();
    try {
      read(*connection, work);
    } catch (...) {
      connection->roll_back();
      give_back(std::move(connection));
      throw;
    }
    give_back(std::move(connection));
  }

 private:
  static void read(SqliteConnection& connection, const std::function<void(Session&)>& work) {
    const TransactionScope scope;
    SqliteSession session(connection, SqliteConnection::Access::read_only);
    connection.run("BEGIN");
    work(session);
    connection.run("COMMIT");
  }

  std::unique_ptr<SqliteConnection> take() {
    std::unique_lock lock(mutex_);
    if (idle_.empty() && open_ >= limit_) metrics_.waits.add();
    returned_.wait(lock, [&] { return !idle_.empty() || open_ < limit_; });
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      metrics_.in_use.add(1);
      return connection;
    }
    // Opened under the lock: it happens `limit_` times in all.
    auto connection = connect(path_, "PRAGMA cache_size=-512");
    ++open_;
    metrics_.in_use.add(1);
    return connection;
  }

  void give_back(std::unique_ptr<SqliteConnection> connection) {
    {
      const std::lock_guard lock(mutex_);
      idle_.push_back(std::move(connection));
      metrics_.in_use.add(-1);
    }
    returned_.notify_one();
  }

  const std::string path_;
  const size_t limit_;
  PoolMetrics metrics_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_;
  size_t open_ = 0;
};

class FileDatabase final : public Database {
 public:
  explicit FileDatabase(const SqliteOptions& options)
      // Kibibytes, used as they are needed; a commit for many callers must fit, or it spills.
      : writer_(connect(options.path, "PRAGMA cache_size=-8192")),
        readers_(options.path, std::max<size_t>(options.readers, 1)) {}

 protected:
  void run_read(const char*, const std::function<void(Session&)>& work) override {
    assert_may_wait("a database read");
    readers_.run(work);
  }
  void run_write(const char* name, const std::function<void(Session&)>& work) override {
    assert_may_wait(name);
    writer_.run(work);
  }

 private:
  SqliteWriter writer_;
  ReaderPool readers_;
};

}  // namespace

std::unique_ptr<Database> open_sqlite(const SqliteOptions& options) {
  if (options.path == ":memory:") return std::make_unique<MemoryDatabase>();
  return std::make_unique<FileDatabase>(options);
}

}  // namespace platform
