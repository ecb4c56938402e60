// MariaDB chooses how to read by what the tables hold: each statement that ran in a test of this
// process is explained over tables with thousands of rows. (SQLite's choice is looked at where a
// statement first runs: service_database.cpp.)
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string_view>

#include "cloud_world.hpp"
#include "platform/database/private_mariadb.hpp"
#include "service_database.hpp"
#include "statement_cost.hpp"

namespace {

using platform::Session;
using platform::SqlRow;

// Columns with few different values: an index that begins with one of them finds little.
const std::set<std::string_view> kFewValues{
    "deleted",    "disabled",    "is_public",    "forced_down", "is_domain",   "enabled",
    "os_hidden",  "status",      "visibility",   "vm_state",    "task_state",  "task_deadline",
    "shared",     "is_default",  "ip_version",   "inherited",   "binary_name", "agent_type",
    "actor_type", "target_type", "network_type", "object_type", "action",      "interface"};

// Times of what has just happened and will soon: few rows are old.
bool is_time(std::string_view column) {
  return column.ends_with("_at") || column.ends_with("_timestamp") || column == "issued_before";
}

std::string filling(std::string_view column, std::string_view type) {
  const bool is_text = type == "varchar" || type == "longtext";
  if (kFewValues.contains(column)) return is_text ? "''" : "0";
  return is_time(column) ? "UNIX_TIMESTAMP()*1000000+seq*1000000" : "seq";
}

void fill(Session& session, const std::string& table) {
  std::string names, values;
  session.query(
      "SELECT column_name, data_type FROM information_schema.columns WHERE "
      "table_schema=DATABASE() AND table_name=? ORDER BY ordinal_position",
      {table}, [&](const SqlRow& row) {
        const std::string separator = names.empty() ? "" : ", ";
        names += separator + "`" + std::string(row.text(0)) + "`";
        values += separator + filling(row.text(0), row.text(1));
      });
  session.execute(fmt::format("INSERT INTO `{}` ({}) SELECT {} FROM seq_1_to_{}", table, names,
                              values, service_database::kExplainedRows),
                  {});
}

void fill_all(platform::Database& database) {
  database.write("test.fill", [&](Session& session) {
    session.execute("SET foreign_key_checks=0", {});
    for (const std::string& table : service_database::list_tables(session))
      if (!table.starts_with("schema_") && table != "transaction_marks") fill(session, table);
    session.execute("SET foreign_key_checks=1", {});
  });
  database.write("test.analyze", [&](Session& session) {
    for (const std::string& table : service_database::list_tables(session))
      session.query("ANALYZE TABLE `" + table + "`", {}, [](const SqlRow&) {});
  });
}

class Statements : public testing::TestWithParam<std::string_view> {};

// With parameters, and in the last of the program's sources: runs when all others have run.
TEST_P(Statements, read_no_whole_table) {
  const auto migrations = nephele::get_service(GetParam()).migrations();
  if (service_database::list_recorded(migrations).empty()) const api_edge::CloudWorld world;
  const auto statements = service_database::list_recorded(migrations);
  EXPECT_FALSE(statements.empty());
  if (!service_database::is_mariadb()) return;  // each was looked at when it first ran
  EXPECT_GT(statements.size(), 20U) << "run all tests in one process";
  const auto database = platform::open_mariadb(platform::make_test_database());
  platform::migrate(*database, migrations);
  fill_all(*database);

  for (const auto& [sql, values] : statements) {
    // In a write: MariaDB explains no change in a transaction that only reads.
    const std::string found = database->write("test.explain", [&](Session& session) {
      return service_database::explain(session, sql, values);
    });
    EXPECT_EQ(found, "") << "reads a whole table: " << sql;
  }
}

INSTANTIATE_TEST_SUITE_P(Services, Statements,
                         testing::Values("keystone", "glance", "cinder", "neutron", "nova"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
