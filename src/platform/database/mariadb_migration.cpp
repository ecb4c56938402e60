#include "platform/database/mariadb_migration.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "platform/database/migration_steps.hpp"
#include "platform/database/rows.hpp"

namespace platform {
namespace {

// One look is shorter than a connection waits for an answer; all of them are longer than a schema
// takes to make.
constexpr int64_t kLockSeconds = 20;
constexpr int kLockTries = 6;

bool is_word_part(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_';
}

// Held by the session's connection until it ends; lost with it.
class SchemaLock {
 public:
  // MySQL allows a name 64 letters.
  SchemaLock(Session& session, const std::string& database)
      : session_(session), name_(("nephele schema of " + database).substr(0, 64)) {
    for (int i = 0; i < kLockTries; ++i)
      if (number(session_, "SELECT GET_LOCK(?,?)", {name_, kLockSeconds}) == 1) return;
    throw base::Error(base::ErrorKind::unavailable,
                      fmt::format("Another process changes the schema of {}. Try again when it has "
                                  "ended.",
                                  database));
  }
  ~SchemaLock() {
    try {
      number(session_, "SELECT RELEASE_LOCK(?)", {name_});
    } catch (const base::Error&) {
      // Lost with the connection.
    }
  }
  SchemaLock(const SchemaLock&) = delete;
  SchemaLock& operator=(const SchemaLock&) = delete;

 private:
  Session& session_;
  const std::string name_;
};

bool is_mysql(Session& session) {
  return number(session, "SELECT VERSION() NOT LIKE '%MariaDB%'") != 0;
}

// A migration that was begun: the number of its statements that are done.
std::optional<int64_t> find_progress(Session& session, const Migration& migration) {
  std::optional<int64_t> done;
  session.query("SELECT statements FROM schema_progress WHERE number=?", {migration.number},
                [&](const SqlRow& row) { done = row.integer(0); });
  return done;
}

// If the statement was done before, and only its note got lost, it is done.
void execute_step(Session& session, std::string_view statement, bool may_be_done) {
  try {
    session.change(to_mariadb(statement, is_mysql(session)), {});
  } catch (const base::Error& error) {
    if (!may_be_done || error.detail() != "schema") throw;
  }
}

// A change of data and its note are one transaction; a change of the schema commits before its
// note.
void apply_statement_by_statement(Session& session, const Migration& migration) {
  const auto before = find_progress(session, migration);
  if (!before)
    session.change("INSERT INTO schema_progress (number, statements) VALUES (?,0)",
                   {migration.number});
  session.change("COMMIT", {});
  const auto statements = statements_of(migration);
  for (size_t i = static_cast<size_t>(before.value_or(0)); i < statements.size(); ++i) {
    session.change("START TRANSACTION", {});
    execute_step(session, statements[i], before && *before == static_cast<int64_t>(i));
    session.change("UPDATE schema_progress SET statements=? WHERE number=?",
                   {i + 1, migration.number});
    session.change("COMMIT", {});
  }
  record_migration(session, migration);
  session.change("DELETE FROM schema_progress WHERE number<=?", {migration.number});
}

// Most starts: nothing to do, and the user may be one who must not change the schema.
bool is_current(MariadbDatabase& database, std::span<const Migration> migrations) {
  const bool has_table = database.read([](Session& session) {
    return number(session,
                  "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema=DATABASE() "
                  "AND table_name='schema_migrations'") > 0;
  });
  return has_table && !migrations.empty() &&
         database.read(schema_version) == migrations.back().number;
}

void change_schema(Session& session, const std::string& name,
                   std::span<const Migration> migrations) {
  const SchemaLock lock(session, name);
  session.change(to_mariadb(kCreateSchemaMigrations, is_mysql(session)), {});
  session.change(
      "CREATE TABLE IF NOT EXISTS schema_progress (number BIGINT PRIMARY KEY, statements BIGINT "
      "NOT NULL) ENGINE=InnoDB",
      {});
  const int64_t version = schema_version(session);
  check_not_newer(version, migrations);
  for (const Migration& migration : migrations)
    if (migration.number > version) apply_statement_by_statement(session, migration);
}

}  // namespace

std::string to_mariadb(std::string_view statement, bool is_mysql) {
  std::string text;
  for (size_t i = 0; i < statement.size();) {
    size_t end = i;
    while (end < statement.size() && is_word_part(statement[end])) ++end;
    const std::string_view word = statement.substr(i, std::max<size_t>(end - i, 1));
    text += word == "TEXT" ? "LONGTEXT" : word;
    i += word.size();
  }
  // NO PAD, as in SQLite: 'a' and 'a ' are two names.
  if (statement.starts_with("CREATE TABLE"))
    text += fmt::format(" ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={}",
                        is_mysql ? "utf8mb4_0900_bin" : "utf8mb4_nopad_bin");
  return text;
}

void migrate_mariadb(MariadbDatabase& database, std::span<const Migration> migrations) {
  if (is_current(database, migrations)) return;
  database.write("migrate",
                 [&](Session& session) { change_schema(session, database.name(), migrations); });
}

}  // namespace platform
