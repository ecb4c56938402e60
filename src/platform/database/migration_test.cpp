#include "platform/database/migration.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "base/error.hpp"
#include "platform/database/database_under_test.hpp"
#include "platform/database/rows.hpp"

namespace platform {
namespace {

constexpr Migration kAll[] = {
    {1, "0001_books",
     "-- what we have\nCREATE TABLE books (id VARCHAR(64) PRIMARY KEY);\n\n-- a shelf\n"
     "CREATE TABLE shelves (id VARCHAR(64) PRIMARY KEY);\n"},
    {2, "0002_title", "ALTER TABLE books ADD COLUMN title TEXT NOT NULL DEFAULT '';\n"},
};
constexpr Migration kBroken[] = {
    kAll[0],
    {2, "0002_broken",
     "CREATE TABLE extra (id VARCHAR(64) PRIMARY KEY);\nCREATE TABLE books (id VARCHAR(64));\n"},
};

constexpr Migration kRepaired[] = {
    kAll[0],
    {2, "0002_repaired",
     "CREATE TABLE extra (id VARCHAR(64) PRIMARY KEY);\nCREATE TABLE more (id VARCHAR(64));\n"},
};

class MigrationTest : public DatabaseUnderTest {
 protected:
  int64_t ask(std::string_view sql) {
    return database_->read([&](Session& session) { return number(session, sql); });
  }
  void add_book() {
    database_->write("add", [](Session& session) {
      session.execute("INSERT INTO books (id) VALUES (?)", {"1"});
    });
  }
};

INSTANTIATE_TEST_SUITE_P(, MigrationTest, kEveryDatabase, name_of);

TEST_P(MigrationTest, brings_an_empty_database_up_and_is_idempotent) {
  migrate(*database_, kAll);
  migrate(*database_, kAll);

  EXPECT_EQ(ask("SELECT COUNT(title) FROM books"), 0);
  EXPECT_EQ(ask("SELECT COUNT(*) FROM shelves"), 0);
  EXPECT_EQ(ask("SELECT COUNT(*) FROM schema_migrations"), 2);
}

TEST_P(MigrationTest, an_older_database_keeps_its_rows) {
  migrate(*database_, std::span(kAll).first(1));
  add_book();

  migrate(*database_, kAll);

  EXPECT_EQ(ask("SELECT COUNT(title) FROM books"), 1);
}

TEST_P(MigrationTest, a_step_that_broke_is_not_counted_and_its_repair_goes_through) {
  migrate(*database_, std::span(kAll).first(1));

  EXPECT_THROW(migrate(*database_, kBroken), base::Error);

  EXPECT_EQ(ask("SELECT MAX(number) FROM schema_migrations"), 1);
  migrate(*database_, kRepaired);
  EXPECT_EQ(ask("SELECT MAX(number) FROM schema_migrations"), 2);
  EXPECT_EQ(ask("SELECT COUNT(*) FROM extra"), 0);
  EXPECT_EQ(ask("SELECT COUNT(*) FROM more"), 0);
}

TEST_P(MigrationTest, a_broken_step_leaves_nothing_of_itself) {
  if (is_mariadb()) GTEST_SKIP() << "MariaDB commits each change of the schema";
  migrate(*database_, std::span(kAll).first(1));

  EXPECT_THROW(migrate(*database_, kBroken), base::Error);

  EXPECT_EQ(ask("SELECT COUNT(*) FROM sqlite_master WHERE name='extra'"), 0);
}

TEST_P(MigrationTest, two_at_once_do_each_step_once) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      // Processes of their own, where the database can be opened twice.
      if (is_mariadb())
        migrate(*open_mariadb(mariadb_), kAll);
      else
        migrate(*database_, kAll);
    });
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(ask("SELECT COUNT(*) FROM schema_migrations"), 2);
  EXPECT_EQ(ask("SELECT COUNT(title) FROM books"), 0);
}

TEST_P(MigrationTest, refuses_a_database_of_a_newer_program) {
  migrate(*database_, kAll);

  try {
    migrate(*database_, std::span(kAll).first(1));
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::conflict);
    EXPECT_NE(error.message().find("version 2"), std::string::npos);
  }
}

TEST_P(MigrationTest, checks_a_schema_without_changing_it) {
  const auto refusal = [&](size_t known) {
    try {
      check_schema(*database_, std::span(kAll).first(known));
      return std::string();
    } catch (const base::Error& error) {
      return fmt::format("{}: {}", base::to_text(error.kind()), error.message());
    }
  };
  EXPECT_NE(refusal(1).find("unavailable: The database has schema version 0"), std::string::npos);

  migrate(*database_, std::span(kAll).first(1));

  EXPECT_EQ(refusal(1), "");
  EXPECT_NE(refusal(2).find("unavailable: "), std::string::npos);
  EXPECT_NE(refusal(2).find("run `nephele db sync`"), std::string::npos);
  migrate(*database_, kAll);
  EXPECT_NE(refusal(1).find("conflict: The database has schema version 2"), std::string::npos);
}

TEST(Migration, databases_in_memory_are_apart_though_copied_from_one) {
  const auto first = open_sqlite({":memory:"});
  const auto second = open_sqlite({":memory:"});
  migrate(*first, kAll);
  migrate(*second, kAll);

  first->write(
      "add", [](Session& session) { session.execute("INSERT INTO books (id) VALUES (?)", {"1"}); });

  const auto count = [](Session& session) { return number(session, "SELECT COUNT(*) FROM books"); };
  EXPECT_EQ(first->read(count), 1);
  EXPECT_EQ(second->read(count), 0);
}

}  // namespace
}  // namespace platform
