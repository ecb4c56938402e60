// A prepared statement of libmariadb: binding, rows. The inside of MariadbConnection.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/database/value.hpp"

// NOLINTBEGIN(readability-identifier-naming): libmariadb's names.
struct st_mysql;
struct st_mysql_stmt;
struct st_mysql_bind;
// NOLINTEND(readability-identifier-naming)

namespace platform {

// Not thread-safe. Failures are thrown by throw_mariadb_error.
class MariadbStatement {
 public:
  MariadbStatement(st_mysql* connection, std::string_view sql);
  ~MariadbStatement();
  MariadbStatement(const MariadbStatement&) = delete;
  MariadbStatement& operator=(const MariadbStatement&) = delete;

  [[nodiscard]] const std::string& sql() const { return sql_; }
  // Runs it and fetches all rows into memory, so that other statements may run between two of them.
  void execute(const SqlValues& values);
  // Runs one that has no rows, and leaves its answer to receive(): one for each, in the order in
  // which statements of this connection were sent, and before anything else is done with it.
  void send(const SqlValues& values);
  void receive();
  // Stands on the next row. False: there is none left.
  bool next();
  [[nodiscard]] const SqlRow& row() const;
  // Rows found by an UPDATE's condition, inserted or deleted.
  [[nodiscard]] int64_t changed() const;
  // Forgets the rows.
  void finish() noexcept;
  // It is not to run again: after an error among the rows (a deadlock, say) libmariadb still waits
  // for the rest of them at the next run, and the server for a command.
  [[nodiscard]] bool has_failed() const { return failed_; }

 private:
  class Row;
  void bind_and_run(const SqlValues& values);
  void store_rows();
  [[noreturn]] void fail();

  std::string sql_;
  st_mysql_stmt* handle_ = nullptr;
  std::unique_ptr<Row> row_;
  bool failed_ = false;
};

}  // namespace platform
