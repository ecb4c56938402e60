// The one writer of a SQLite file: a thread that commits what has queued up meanwhile in one
// transaction. Many connections that compete for SQLite's write lock are five times slower and
// starve each other.
#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "platform/database/sqlite_connection.hpp"

namespace platform {

class SqliteWriter {
 public:
  // `connection` is then used by the writer's thread alone.
  explicit SqliteWriter(std::unique_ptr<SqliteConnection> connection);
  // Finishes what is queued.
  ~SqliteWriter();
  // Runs `work` on the writer's thread and returns when it is on disk. Throws what `work` throws.
  void run(const std::function<void(Session&)>& work);

 private:
  struct Job {
    const std::function<void(Session&)>& work;
    std::exception_ptr error = nullptr;
    bool done = false;
    std::condition_variable finished = {};
  };
  using Jobs = std::vector<Job*>;

  void loop();
  void commit(const Jobs& jobs);
  bool commit_together(const Jobs& jobs);
  void commit_alone(Job& job);
  bool run_in_savepoint(Job& job);

  std::unique_ptr<SqliteConnection> connection_;
  std::mutex mutex_;
  std::condition_variable queued_;
  Jobs queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace platform
