#include "platform/database/migration.hpp"

#include <fmt/core.h>

#include <map>
#include <mutex>
#include <string>

#include "base/error.hpp"
#include "platform/database/rows.hpp"
#include "platform/database/sqlite_memory.hpp"

namespace platform {
namespace {

int64_t version(Session& session) {
  return number(session, "SELECT MAX(number) FROM schema_migrations");
}

void check_not_newer(int64_t found, int64_t known) {
  if (found <= known) return;
  throw base::Error(base::ErrorKind::unavailable,
                    fmt::format("The database has schema version {}, this program knows versions "
                                "up to {}. Run the program that wrote it, or a newer one.",
                                found, known));
}

void execute_all(Session& session, std::string_view sql) {
  while (!sql.empty()) {
    const size_t end = sql.find(";\n");
    session.execute(sql.substr(0, end), {});
    if (end == std::string_view::npos) return;
    sql.remove_prefix(end + 2);
  }
}

void apply(Session& session, const Migration& migration) {
  // Somebody else may have done it since the caller looked.
  if (version(session) >= migration.number) return;
  execute_all(session, migration.sql);
  session.execute("INSERT INTO schema_migrations (number, name) VALUES (?,?)",
                  {migration.number, migration.name});
}

void migrate_in_place(Database& database, std::span<const Migration> migrations) {
  database.write("schema_migrations", [](Session& session) {
    session.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations (number BIGINT PRIMARY KEY, name TEXT NOT "
        "NULL)",
        {});
  });
  const int64_t found = database.read([](Session& session) { return version(session); });
  check_not_newer(found, migrations.empty() ? 0 : migrations.back().number);
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

}  // namespace

void migrate(Database& database, std::span<const Migration> migrations) {
  auto* memory = dynamic_cast<MemoryDatabase*>(&database);
  if (memory && is_empty(database)) return memory->copy_from(migrated_template(migrations));
  migrate_in_place(database, migrations);
}

}  // namespace platform
