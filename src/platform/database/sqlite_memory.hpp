// SQLite in memory: one connection, used inline by whoever holds its mutex, no thread. Tests and
// the simulation make thousands of them.
#pragma once

#include <mutex>

#include "platform/database/sqlite_connection.hpp"

namespace platform {

class MemoryDatabase final : public Database {
 public:
  MemoryDatabase();
  // Becomes a copy of `other`: a schema that was made once is copied instead of made again.
  void copy_from(MemoryDatabase& other);

 protected:
  void run_read(const char* name, const std::function<void(Session&)>& work) override;
  void run_write(const char* name, const std::function<void(Session&)>& work) override;

 private:
  void transaction(SqliteConnection::Access access, const std::function<void(Session&)>& work);

  std::mutex mutex_;
  SqliteConnection connection_;
};

}  // namespace platform
