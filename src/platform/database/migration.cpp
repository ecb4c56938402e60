#include "platform/database/migration.hpp"

#include <fmt/core.h>

#include <map>
#include <mutex>
#include <string>

#include "base/error.hpp"
#include "platform/database/mariadb_migration.hpp"
#include "platform/database/migration_steps.hpp"
#include "platform/database/rows.hpp"
#include "platform/database/sqlite_memory.hpp"

namespace platform {
namespace {

void apply(Session& session, const Migration& migration) {
  // Somebody else may have done it since the caller looked.
  if (schema_version(session) >= migration.number) return;
  for (const std::string_view statement : statements_of(migration)) session.execute(statement, {});
  record_migration(session, migration);
}

void migrate_in_place(Database& database, std::span<const Migration> migrations) {
  database.write("schema_migrations",
                 [](Session& session) { session.execute(kCreateSchemaMigrations, {}); });
  const int64_t found = database.read(schema_version);
  check_not_newer(found, migrations);
  for (const Migration& migration : migrations)
    if (migration.number > found)
      database.write("migrate", [&](Session& session) { apply(session, migration); });
}

bool is_empty(Database& database) {
  return database.read(
      [](Session& session) { return number(session, "SELECT COUNT(*) FROM sqlite_master") == 0; });
}

std::string key_of(std::span<const Migration> migrations) {
  std::string key;
  for (const Migration& migration : migrations) {
    key += fmt::format("{} {}\n", migration.number, migration.name);
    key += migration.sql;
  }
  return key;
}

// A database in memory is copied from one that was migrated before: thousands are made by tests and
// simulations, all with the same few schemas.
MemoryDatabase& migrated_template(std::span<const Migration> migrations) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<MemoryDatabase>> templates;
  const std::lock_guard lock(mutex);
  auto& entry = templates[key_of(migrations)];
  if (!entry) {
    auto made = std::make_unique<MemoryDatabase>();
    migrate_in_place(*made, migrations);
    entry = std::move(made);
  }
  return *entry;
}

// Zero also if nothing was ever made there.
int64_t version_of(Database& database) {
  try {
    return database.read(schema_version);
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::internal) throw;
    return 0;
  }
}

}  // namespace

void migrate(Database& database, std::span<const Migration> migrations) {
  auto* memory = dynamic_cast<MemoryDatabase*>(&database);
  if (memory && is_empty(database)) return memory->copy_from(migrated_template(migrations));
  if (auto* mariadb = dynamic_cast<MariadbDatabase*>(&database))
    return migrate_mariadb(*mariadb, migrations);
  migrate_in_place(database, migrations);
}

void check_schema(Database& database, std::span<const Migration> migrations) {
  const int64_t found = version_of(database);
  check_not_newer(found, migrations);
  const int64_t wanted = migrations.empty() ? 0 : migrations.back().number;
  if (found == wanted) return;
  throw base::Error(base::ErrorKind::unavailable,
                    fmt::format("The database has schema version {}, this program needs version "
                                "{}: run `nephele db sync`.",
                                found, wanted));
}

}  // namespace platform
