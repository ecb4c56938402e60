// Databases that an older program made: `db sync` keeps what is in them and makes of them what a
// new one is, and a role of that older program, which still runs then, can go on.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "nephele/roles.hpp"
#include "platform/database/database_under_test.hpp"
#include "platform/database/migration.hpp"
#include "platform/database/rows.hpp"

namespace {

using platform::Database;
using platform::DatabaseKind;
using platform::Migration;
using platform::Session;
using platform::SqlRow;
using platform::SqlValues;

// An earlier version of the schema of a service.
struct Earlier {
  std::string_view service;
  size_t version;
  DatabaseKind database;
};

// Of all services; a service with one version has none.
std::vector<Earlier> earlier_versions() {
  std::vector<Earlier> all;
  for (const std::string_view service : {"keystone", "glance", "cinder", "neutron", "nova"})
    for (size_t version = 1; version < nephele::get_service(service).migrations().size(); ++version)
      for (const DatabaseKind database : {DatabaseKind::memory, DatabaseKind::mariadb})
        all.push_back({service, version, database});
  return all;
}

std::string name_of_version(const testing::TestParamInfo<Earlier>& test) {
  return fmt::format("{}_{}_on_{}", test.param.service, test.param.version,
                     test.param.database == DatabaseKind::mariadb ? "mariadb" : "sqlite");
}

using Columns = std::vector<std::string>;
using Tables = std::map<std::string, Columns>;
using Rows = std::vector<std::string>;

std::string joined(const Columns& columns) { return fmt::format("{}", fmt::join(columns, ", ")); }

class SchemaUpgrade : public testing::TestWithParam<Earlier> {
 protected:
  void SetUp() override {
    if (!is_mariadb()) {
      database_ = platform::open_sqlite({":memory:"});
      return;
    }
    if (!platform::has_test_mariadb()) GTEST_SKIP() << "mariadb-server is not installed";
    options_ = platform::make_test_database();
    database_ = platform::open_mariadb(options_);
  }
  void TearDown() override {
    database_.reset();
    if (!options_.database.empty()) platform::drop_test_database(options_);
  }

  [[nodiscard]] static bool is_mariadb() { return GetParam().database == DatabaseKind::mariadb; }
  [[nodiscard]] static std::span<const Migration> newest() {
    return nephele::get_service(GetParam().service).migrations();
  }
  [[nodiscard]] static std::span<const Migration> earlier() {
    return newest().first(GetParam().version);
  }

  [[nodiscard]] Rows ask(const std::string& sql, const SqlValues& values = {}) {
    Rows rows;
    database_->read([&](Session& session) {
      session.query(sql, values, [&](const SqlRow& row) {
        std::string& text = rows.emplace_back();
        for (size_t i = 0; i < row.size(); ++i)
          text += (row.is_null(i) ? "NULL" : std::string(row.text(i))) + " | ";
      });
    });
    return rows;
  }

  [[nodiscard]] Tables tables() {
    Tables found;
    const char* sql =
        is_mariadb()
            ? "SELECT table_name, column_name FROM information_schema.columns WHERE "
              "table_schema=DATABASE() ORDER BY table_name, ordinal_position"
            : "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c "
              "WHERE m.type='table' ORDER BY m.name, c.cid";
    database_->read([&](Session& session) {
      session.query(sql, {}, [&](const SqlRow& row) {
        if (!row.text(0).starts_with("schema_") && row.text(0) != "transaction_marks")
          found[std::string(row.text(0))].emplace_back(row.text(1));
      });
    });
    return found;
  }

  // What a database says of itself: columns with their types, and indexes.
  [[nodiscard]] Rows schema() {
    if (is_mariadb()) {
      Rows all =
          ask("SELECT table_name, column_name, column_type, is_nullable, column_default, "
              "collation_name FROM information_schema.columns WHERE table_schema=DATABASE() "
              "ORDER BY table_name, column_name");
      for (auto& row : ask("SELECT table_name, index_name, non_unique, seq_in_index, column_name "
                           "FROM information_schema.statistics WHERE table_schema=DATABASE() "
                           "ORDER BY table_name, index_name, seq_in_index"))
        all.push_back(std::move(row));
      return all;
    }
    Rows all =
        ask("SELECT m.name, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk FROM sqlite_master m "
            "JOIN pragma_table_info(m.name) c WHERE m.type='table' ORDER BY m.name, c.name");
    for (auto& row : ask("SELECT name, sql FROM sqlite_master WHERE type='index' ORDER BY name"))
      all.push_back(std::move(row));
    return all;
  }

  // A row of nothing but that number, in every table: so each reference has its object.
  void fill(const Tables& tables, int64_t number) {
    database_->write("test.fill", [&](Session& session) {
      session.execute(is_mariadb() ? "SET foreign_key_checks=0" : "PRAGMA defer_foreign_keys=1",
                      {});
      for (const auto& [table, columns] : tables) {
        const std::string marks = fmt::format("{}", fmt::join(Columns(columns.size(), "?"), ","));
        session.execute(
            fmt::format("INSERT INTO {} ({}) VALUES ({})", table, joined(columns), marks),
            SqlValues(columns.size(), number));
      }
    });
  }

  [[nodiscard]] std::map<std::string, Rows> contents(const Tables& tables) {
    std::map<std::string, Rows> all;
    for (const auto& [table, columns] : tables)
      all[table] = ask(
          fmt::format("SELECT {} FROM {} ORDER BY {}", joined(columns), table, columns.front()));
    return all;
  }

  platform::MariadbOptions options_;
  std::unique_ptr<Database> database_;
};

TEST_P(SchemaUpgrade, keeps_every_row_and_makes_what_a_new_database_is) {
  platform::migrate(*database_, earlier());
  const Tables known = tables();
  for (int64_t number = 1; number <= 3; ++number) fill(known, number);
  const auto before = contents(known);

  platform::migrate(*database_, newest());

  EXPECT_EQ(contents(known), before);
  const Rows upgraded = schema();
  TearDown();
  SetUp();
  platform::migrate(*database_, newest());
  EXPECT_EQ(upgraded, schema());
}

// docs/deployment.md: a role that runs goes on with the newer schema. Its statements name the
// columns that it knows.
TEST_P(SchemaUpgrade, leaves_an_older_role_all_that_it_reads_and_writes) {
  platform::migrate(*database_, earlier());
  const Tables known = tables();
  const auto before = contents(known);
  platform::migrate(*database_, newest());

  EXPECT_NO_THROW(fill(known, 1));

  for (const auto& [table, rows] : contents(known))
    EXPECT_EQ(rows.size(), before.at(table).size() + 1) << table;
}

INSTANTIATE_TEST_SUITE_P(, SchemaUpgrade, testing::ValuesIn(earlier_versions()), name_of_version);

class LocationsUpgrade : public SchemaUpgrade {
 protected:
  void add_image(const std::string& id, int64_t deleted, const char* store) {
    database_->write("test.image", [&](Session& session) {
      session.execute(
          "INSERT INTO images (id, owner, status, visibility, min_disk, min_ram, is_protected, "
          "os_hidden, location, store, deleted, created_at, updated_at) VALUES "
          "(?,'p','active','shared',0,0,0,0,?,?,?,1,1)",
          {id, "file:///" + id, store ? std::optional(std::string(store)) : std::nullopt, deleted});
    });
  }
  void add_copy(const std::string& id, const std::string& store) {
    database_->write("test.copy", [&](Session& session) {
      session.execute("INSERT INTO image_copies (image_id, store, location) VALUES (?,?,?)",
                      {id, store, store + "://" + id});
    });
  }
};

TEST_P(LocationsUpgrade, keeps_where_images_are) {
  platform::migrate(*database_, earlier());
  add_image("a", 0, "fast");
  add_image("b", 0, nullptr);
  add_image("c", 1, "fast");  // deleted: its bytes are on their way out
  for (const char* store : {"slow", "far", "web"}) add_copy("a", store);

  platform::migrate(*database_, newest());

  EXPECT_EQ(ask("SELECT image_id, position, store, url, metadata FROM image_locations ORDER BY "
                "image_id, position"),
            (Rows{"a | 0 | fast | file:///a | {} | ", "a | 1 | far | far://a | {} | ",
                  "a | 2 | slow | slow://a | {} | ", "a | 3 | web | web://a | {} | ",
                  "b | 0 |  | file:///b | {} | "}));
}

INSTANTIATE_TEST_SUITE_P(, LocationsUpgrade,
                         testing::Values(Earlier{"glance", 4, DatabaseKind::memory},
                                         Earlier{"glance", 4, DatabaseKind::mariadb}),
                         name_of_version);

// Numbers that were given out before there were counters are not given out again.
TEST(SchemaUpgradeOfNova, counts_on_from_the_highest_number) {
  const auto migrations = nephele::get_service("nova").migrations();
  const auto database = platform::open_sqlite({":memory:"});
  platform::migrate(*database, migrations.first(2));
  database->write("test.flavors", [](Session& session) {
    std::vector<std::string> columns;
    session.query("SELECT name FROM pragma_table_info('flavors')", {},
                  [&](const SqlRow& row) { columns.emplace_back(row.text(0)); });
    session.execute(fmt::format("INSERT INTO flavors ({}) VALUES ({})", joined(columns),
                                fmt::join(Columns(columns.size(), "?"), ",")),
                    SqlValues(columns.size(), 41));
  });

  platform::migrate(*database, migrations);

  EXPECT_EQ(database->read([](Session& session) {
    return platform::number(session, "SELECT value FROM counters WHERE name='flavors'");
  }),
            41);
}

}  // namespace
