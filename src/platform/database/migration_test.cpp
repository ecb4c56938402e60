#include "platform/database/migration.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/error.hpp"
#include "platform/database/rows.hpp"

namespace platform {
namespace {

constexpr Migration kAll[] = {
    {1, "0001_books",
     "-- what we have\nCREATE TABLE books (id TEXT PRIMARY KEY);\n\n-- a shelf\n"
     "CREATE TABLE shelves (id TEXT PRIMARY KEY);\n"},
    {2, "0002_title", "ALTER TABLE books ADD COLUMN title TEXT NOT NULL DEFAULT '';\n"},
};
constexpr Migration kBroken[] = {
    kAll[0],
    {2, "0002_broken",
     "CREATE TABLE extra (id TEXT PRIMARY KEY);\nCREATE TABLE books (id TEXT);\n"},
};

class MigrationTest : public testing::TestWithParam<bool> {
 protected:
  MigrationTest() {
    remove_files();
    database_ = open_sqlite({GetParam() ? path() : ":memory:"});
  }
  ~MigrationTest() override {
    database_.reset();
    remove_files();
  }
  static std::string path() {
    return std::filesystem::temp_directory_path() /
           ("migration_test." + std::to_string(getpid()) + ".sqlite");
  }
  static void remove_files() {
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path() + suffix);
  }
  int64_t ask(std::string_view sql) {
    return database_->read([&](Session& session) { return number(session, sql); });
  }
  std::unique_ptr<Database> database_;
};

INSTANTIATE_TEST_SUITE_P(, MigrationTest, testing::Bool(),
                         [](const auto& which) { return which.param ? "file" : "memory"; });

TEST_P(MigrationTest, brings_an_empty_database_up_and_is_idempotent) {
  migrate(*database_, kAll);
  migrate(*database_, kAll);

  EXPECT_EQ(ask("SELECT COUNT(title) FROM books"), 0);
  EXPECT_EQ(ask("SELECT COUNT(*) FROM shelves"), 0);
  EXPECT_EQ(ask("SELECT COUNT(*) FROM schema_migrations"), 2);
}

TEST_P(MigrationTest, an_older_database_keeps_its_rows) {
  migrate(*database_, std::span(kAll).first(1));
  database_->write(
      "add", [](Session& session) { session.execute("INSERT INTO books (id) VALUES (?)", {"1"}); });

  migrate(*database_, kAll);

  EXPECT_EQ(ask("SELECT COUNT(title) FROM books"), 1);
}

TEST_P(MigrationTest, a_broken_step_leaves_nothing_of_itself) {
  migrate(*database_, std::span(kAll).first(1));

  EXPECT_THROW(migrate(*database_, kBroken), base::Error);

  EXPECT_EQ(ask("SELECT COUNT(*) FROM sqlite_master WHERE name='extra'"), 0);
  EXPECT_EQ(ask("SELECT MAX(number) FROM schema_migrations"), 1);
}

TEST_P(MigrationTest, refuses_a_database_of_a_newer_program) {
  migrate(*database_, kAll);

  try {
    migrate(*database_, std::span(kAll).first(1));
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::unavailable);
    EXPECT_NE(error.message().find("version 2"), std::string::npos);
  }
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
