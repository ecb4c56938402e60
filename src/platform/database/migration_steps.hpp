// What migrating has in common on all databases: the inside of migrate().
#pragma once

#include <string_view>
#include <vector>

#include "platform/database/migration.hpp"

namespace platform {

// Of each migration that was completed. Both are text that SQLite and MariaDB understand.
inline constexpr std::string_view kCreateSchemaMigrations =
    "CREATE TABLE IF NOT EXISTS schema_migrations (number BIGINT PRIMARY KEY, name VARCHAR(255) "
    "NOT NULL)";

// The statements of a migration, in order, each without the comments before it.
[[nodiscard]] std::vector<std::string_view> statements_of(const Migration& migration);

// The number of the newest migration that was completed, 0 for none.
[[nodiscard]] int64_t schema_version(Session& session);
void record_migration(Session& session, const Migration& migration);

// Throws Error(conflict) if the schema has a version that `migrations` do not know.
void check_not_newer(int64_t version, std::span<const Migration> migrations);

}  // namespace platform
