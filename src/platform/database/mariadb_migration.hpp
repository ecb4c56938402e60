// Migrations on MariaDB, where a change of the schema commits by itself.
#pragma once

#include <string>

#include "platform/database/mariadb_database.hpp"
#include "platform/database/migration.hpp"

namespace platform {

// As migrate(). One process at a time is at it, another waits. How far a migration came is noted
// after each statement, so that one that broke off goes on there.
void migrate_mariadb(MariadbDatabase& database, std::span<const Migration> migrations);

// A statement of a migration as MariaDB must be told it, to mean there what it means for SQLite:
// TEXT of any length, tables of InnoDB whose text compares byte by byte.
[[nodiscard]] std::string to_mariadb(std::string_view statement, bool is_mysql);

}  // namespace platform
