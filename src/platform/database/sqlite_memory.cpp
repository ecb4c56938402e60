#include "platform/database/sqlite_memory.hpp"

#include "platform/waiting.hpp"

namespace platform {

MemoryDatabase::MemoryDatabase() : connection_(":memory:") {
  connection_.run("PRAGMA foreign_keys=ON");
}

void MemoryDatabase::copy_from(MemoryDatabase& other) {
  const std::scoped_lock lock(mutex_, other.mutex_);
  connection_.copy_from(other.connection_);
}

void MemoryDatabase::run_read(const char*, const std::function<void(Session&)>& work) {
  assert_may_wait("a database read");
  transaction(SqliteConnection::Access::read_only, work);
}

void MemoryDatabase::run_write(const char* name, const std::function<void(Session&)>& work) {
  assert_may_wait(name);
  transaction(SqliteConnection::Access::read_write, work);
}

void MemoryDatabase::transaction(SqliteConnection::Access access,
                                 const std::function<void(Session&)>& work) {
  const std::lock_guard lock(mutex_);
  const TransactionScope scope;
  SqliteSession session(connection_, access);
  connection_.run("BEGIN");
  try {
    work(session);
    connection_.run("COMMIT");
  } catch (...) {
    connection_.roll_back();
    throw;
  }
}

}  // namespace platform
