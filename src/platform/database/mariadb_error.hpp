// What an error number of MariaDB means for the transaction in which it came.
#pragma once

#include <string>

#include "base/error.hpp"

namespace platform {

// Another attempt may succeed: nothing of the transaction is left. To whom it escapes it is
// Error(unavailable).
class MariadbInterruption final : public base::Error {
 public:
  enum class Cause {
    transaction,  // deadlock, lock timeout: the connection is good
    connection,   // lost, or the server refuses: it must be closed
  };
  MariadbInterruption(Cause why, const std::string& detail)
      : base::Error(base::ErrorKind::unavailable, "The database is not available.", detail),
        cause(why) {}
  const Cause cause;
};

// The server does not take the user, the password or the name of the database: another attempt is
// of no use before an operator has changed one of them.
class MariadbRefusal final : public base::Error {
 public:
  explicit MariadbRefusal(const std::string& detail)
      : base::Error(base::ErrorKind::unavailable, "The database is not available.", detail) {}
};

// `number` as mysql_errno has it, `text` as mysql_error; `sql` goes into the detail. Throws
// MariadbInterruption, MariadbRefusal, else base::Error: conflict (detail "unique" or "foreign
// key"), bad_request (a value that does not fit its column), else internal.
[[noreturn]] void throw_mariadb_error(unsigned number, const std::string& text,
                                      std::string_view sql);

}  // namespace platform
