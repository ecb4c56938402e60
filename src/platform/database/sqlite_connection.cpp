#include "platform/database/sqlite_connection.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include "base/error.hpp"

namespace platform {
namespace {

// Far more than one service has; a bound against SQL text that was built from data by mistake.
constexpr size_t kStatementLimit = 256;

class Row final : public SqlRow {
 public:
  explicit Row(sqlite3_stmt* handle) : handle_(handle) {}
  [[nodiscard]] size_t size() const override {
    return static_cast<size_t>(sqlite3_column_count(handle_));
  }
  [[nodiscard]] bool is_null(size_t column) const override {
    return sqlite3_column_type(handle_, static_cast<int>(column)) == SQLITE_NULL;
  }
  [[nodiscard]] int64_t integer(size_t column) const override {
    return sqlite3_column_int64(handle_, static_cast<int>(column));
  }
  [[nodiscard]] double real(size_t column) const override {
    return sqlite3_column_double(handle_, static_cast<int>(column));
  }
  [[nodiscard]] std::string_view text(size_t column) const override {
    // From the value: every function of a column looks anew for the column and for errors.
    sqlite3_value* value = sqlite3_column_value(handle_, static_cast<int>(column));
    const auto* bytes = sqlite3_value_text(value);
    if (!bytes) return {};
    return {reinterpret_cast<const char*>(bytes), static_cast<size_t>(sqlite3_value_bytes(value))};
  }

 private:
  sqlite3_stmt* handle_;
};

// SQLite would create the file with mode 0644. Only a file made here is closed here: closing
// another descriptor of an open database would drop its locks.
void create_private(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file >= 0) ::close(file);
}

bool is_passing(int primary_code) {
  switch (primary_code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_NOMEM:
      return true;
    default:
      return false;
  }
}

}  // namespace

// Holds a statement from binding to reset.
class SqliteConnection::Use {
 public:
  Use(SqliteConnection& connection, std::string_view sql)
      : connection_(connection), statement_(connection.acquire(sql)) {}
  ~Use() { connection_.release(statement_); }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  [[nodiscard]] sqlite3_stmt* handle() const { return statement_.handle; }

 private:
  SqliteConnection& connection_;
  Statement& statement_;
};

SqliteConnection::SqliteConnection(const std::string& path) {
  if (path != ":memory:") create_private(path);
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &handle_, flags, nullptr);
  if (code == SQLITE_OK) {
    sqlite3_extended_result_codes(handle_, 1);
    return;
  }
  const std::string reason = handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  sqlite3_close_v2(handle_);
  throw base::Error(base::ErrorKind::unavailable, "The database " + path + " cannot be opened.",
                    reason);
}

SqliteConnection::~SqliteConnection() {
  for (const Statement& statement : statements_) sqlite3_finalize(statement.handle);
  sqlite3_close_v2(handle_);
}

void SqliteConnection::query(Access access, std::string_view sql, const SqlValues& values,
                             const std::function<void(const SqlRow&)>& each) {
  step_all(access, sql, values, &each);
}

int64_t SqliteConnection::execute(Access access, std::string_view sql, const SqlValues& values) {
  step_all(access, sql, values, nullptr);
  return sqlite3_changes64(handle_);
}

void SqliteConnection::roll_back() noexcept {
  // Not through the statement cache: this must work without memory to prepare anything new.
  if (in_transaction()) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

bool SqliteConnection::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

void SqliteConnection::copy_from(SqliteConnection& source) {
  sqlite3_backup* backup = sqlite3_backup_init(handle_, "main", source.handle_, "main");
  if (!backup) fail(sqlite3_extended_errcode(handle_), "copy");
  sqlite3_backup_step(backup, -1);
  const int code = sqlite3_backup_finish(backup);
  if (code != SQLITE_OK) fail(code, "copy");
}

SqliteConnection::Statement& SqliteConnection::acquire(std::string_view sql) {
  const auto found = index_.find(sql);
  if (found != index_.end() && !found->second->in_use) {
    statements_.splice(statements_.begin(), statements_, found->second);
    found->second->in_use = true;
    return *found->second;
  }
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) fail(code, sql);
  statements_.push_front({std::string(sql), handle, true});
  // The text may be in use already, by a query inside a query's callback: then this one is extra,
  // and goes when it is released.
  index_.try_emplace(statements_.front().sql, statements_.begin());
  evict();
  return statements_.front();
}

void SqliteConnection::release(Statement& statement) noexcept {
  sqlite3_reset(statement.handle);
  sqlite3_clear_bindings(statement.handle);
  statement.in_use = false;
  const auto found = index_.find(statement.sql);
  if (found != index_.end() && &*found->second == &statement) return;
  sqlite3_finalize(statement.handle);
  statements_.remove_if([&](const Statement& other) { return &other == &statement; });
}

void SqliteConnection::evict() {
  if (index_.size() <= kStatementLimit) return;
  for (auto last = std::prev(statements_.end()); last != statements_.begin(); --last) {
    if (last->in_use) continue;
    index_.erase(last->sql);
    sqlite3_finalize(last->handle);
    statements_.erase(last);
    return;
  }
}

void SqliteConnection::step_all(Access access, std::string_view sql, const SqlValues& values,
                                const std::function<void(const SqlRow&)>* each) {
  const Use use(*this, sql);
  if (!use.handle()) return;  // only a comment
  if (access == Access::read_only && !sqlite3_stmt_readonly(use.handle()))
    throw base::Error(base::ErrorKind::internal, "An internal error occurred.",
                      "a write inside Database::read: " + std::string(sql));
  bind(use.handle(), values);
  const Row row(use.handle());
  for (;;) {
    const int code = sqlite3_step(use.handle());
    if (code == SQLITE_DONE) return;
    if (code != SQLITE_ROW) fail(code, sql);
    if (each) (*each)(row);
  }
}

void SqliteConnection::bind(sqlite3_stmt* handle, const SqlValues& values) {
  if (sqlite3_bind_parameter_count(handle) != static_cast<int>(values.size()))
    throw base::Error(base::ErrorKind::internal, "An internal error occurred.",
                      std::string("wrong number of values for: ") + sqlite3_sql(handle));
  int at = 0;
  for (const SqlValue& value : values) {
    ++at;
    const auto& variant = value.get();
    // The values outlive the statement's use, so texts are not copied.
    if (const auto* text = std::get_if<std::string>(&variant))
      sqlite3_bind_text64(handle, at, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
    else if (const auto* number = std::get_if<int64_t>(&variant))
      sqlite3_bind_int64(handle, at, *number);
    else if (const auto* real = std::get_if<double>(&variant))
      sqlite3_bind_double(handle, at, *real);
    else
      sqlite3_bind_null(handle, at);
  }
}

void SqliteConnection::fail(int code, std::string_view sql) {
  using base::ErrorKind;
  if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
      code == SQLITE_CONSTRAINT_ROWID)
    throw base::Error(ErrorKind::conflict, "It already exists.", "unique");
  if (code == SQLITE_CONSTRAINT_FOREIGNKEY)
    throw base::Error(ErrorKind::conflict, "It is used by, or uses, something else.",
                      "foreign key");
  std::string detail = sqlite3_errmsg(handle_);
  detail += " in: ";
  detail += sql;
  if (is_passing(code & 0xff))
    throw base::Error(ErrorKind::unavailable, "The database is not available.", detail);
  throw base::Error(ErrorKind::internal, "An internal error occurred.", detail);
}

}  // namespace platform
