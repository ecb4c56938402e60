// The database of a service in a test: SQLite in memory, or MariaDB where
// NEPHELE_SERVICE_DATABASE=mariadb asks for it. What runs on it is remembered, and must not read
// whole tables (statement_cost.hpp).
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "platform/database/migration.hpp"

namespace service_database {

[[nodiscard]] bool is_mariadb();

// Empty, with the schema of `migrations`, which must live as long as the program. On MariaDB the
// schema is made once per process and used again by the next test, with its rows gone.
[[nodiscard]] std::unique_ptr<platform::Database> make(
    std::span<const platform::Migration> migrations);

// The same without being remembered: for a test's own statements.
[[nodiscard]] platform::Database& beneath(platform::Database& made);

// The next write of that name is durable, but who asked for it is told that the database is away.
void lose_answer(platform::Database& made, const std::string& name);

// Names of the tables of the database in which the session is.
[[nodiscard]] std::vector<std::string> list_tables(platform::Session& session);

// Statements that ran on databases of that schema, each with the values of its first run.
[[nodiscard]] std::map<std::string, platform::SqlValues> list_recorded(
    std::span<const platform::Migration> migrations);

}  // namespace service_database
