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
// Throws Error(conflict) if the database is newer than this program, with what to do.
void migrate(Database& database, std::span<const Migration> migrations);

// For a process that is not to change the schema: throws Error(unavailable) if it is older than the
// newest of `migrations`, Error(conflict) if it is newer, with what to do.
void check_schema(Database& database, std::span<const Migration> migrations);

}  // namespace platform
