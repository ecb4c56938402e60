// Numbered, forward-only changes of a schema, embedded from <service>/store/migrations/*.sql.
#pragma once

#include <span>
#include <string_view>

#include "platform/database/database.hpp"

namespace platform {

struct Migration {
  int number;
  std::string_view name;
  std::string_view sql;  // statements separated by ';' at a line's end
};

// Brings the database to the newest of `migrations`. Safe when two processes do it at once. SQLite:
// each in a transaction of its own. MariaDB: one that breaks off goes on there the next time.
// Throws Error(unavailable) if the database is newer than this program, with what to do.
void migrate(Database& database, std::span<const Migration> migrations);

}  // namespace platform
