// One SQLite connection with its prepared statements: the inside of open_sqlite.
#pragma once

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "platform/database/database.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace platform {

// Not thread-safe: used by one thread at a time. Every failure is a base::Error: conflict (detail
// "unique" or "foreign key"), unavailable (disk full, busy, I/O), else internal; what SQLite said
// is in the detail of the latter two.
class SqliteConnection {
 public:
  enum class Access { read_only, read_write };

  // Opens or creates `path`. Throws base::Error(unavailable) that names the path.
  explicit SqliteConnection(const std::string& path);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  void query(Access access, std::string_view sql, const SqlValues& values,
             const std::function<void(const SqlRow&)>& each);
  int64_t execute(Access access, std::string_view sql, const SqlValues& values);
  // A statement without values: BEGIN, PRAGMA, ...
  void run(std::string_view sql) { execute(Access::read_write, sql, {}); }
  // Undoes the open transaction, if any is left. Never throws.
  void roll_back() noexcept;
  // Between BEGIN and COMMIT. Some errors (disk full) end a transaction by themselves.
  [[nodiscard]] bool in_transaction() const;
  // Becomes a copy of `source`, page by page.
  void copy_from(SqliteConnection& source);

 private:
  struct Statement {
    std::string sql;
    sqlite3_stmt* handle = nullptr;
    bool in_use = false;
  };
  using Statements = std::list<Statement>;  // most recently used first
  class Use;

  Statement& acquire(std::string_view sql);
  void release(Statement& statement) noexcept;
  void evict();
  void step_all(Access access, std::string_view sql, const SqlValues& values,
                const std::function<void(const SqlRow&)>* each);
  void bind(sqlite3_stmt* handle, const SqlValues& values);
  [[noreturn]] void fail(int code, std::string_view sql);

  sqlite3* handle_ = nullptr;
  Statements statements_;
  std::unordered_map<std::string_view, Statements::iterator> index_;  // keys point into statements_
};

// A connection seen as the session of one transaction.
class SqliteSession final : public Session {
 public:
  SqliteSession(SqliteConnection& connection, SqliteConnection::Access access)
      : connection_(connection), access_(access) {}
  void query(std::string_view sql, const SqlValues& values,
             const std::function<void(const SqlRow&)>& each) override {
    connection_.query(access_, sql, values, each);
  }
  int64_t change(std::string_view sql, const SqlValues& values) override {
    return connection_.execute(access_, sql, values);
  }
  void execute(std::string_view sql, const SqlValues& values) override {
    connection_.execute(access_, sql, values);
  }

 private:
  SqliteConnection& connection_;
  SqliteConnection::Access access_;
};

}  // namespace platform
