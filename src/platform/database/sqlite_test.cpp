#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "base/error.hpp"
#include "platform/database/database_under_test.hpp"
#include "platform/database/migration.hpp"
#include "platform/database/rows.hpp"

namespace platform {
namespace {

constexpr Migration kSqliteSchema[] = {
    {1, "0001_notes",
     "CREATE TABLE books (id VARCHAR(64) PRIMARY KEY);\n"
     "CREATE TABLE notes (id VARCHAR(64) PRIMARY KEY, book VARCHAR(64) NOT NULL REFERENCES books "
     "(id) DEFERRABLE INITIALLY DEFERRED);\n"}};

class SqliteTest : public DatabaseUnderTest {
 protected:
  void SetUp() override {
    DatabaseUnderTest::SetUp();
    migrate(*database_, kSqliteSchema);
  }
  void add(const std::string& id) {
    database_->write("add", [&](Session& session) {
      session.execute("INSERT INTO books (id) VALUES (?)", {id});
    });
  }
  int64_t count() {
    return database_->read(
        [](Session& session) { return number(session, "SELECT COUNT(*) FROM books"); });
  }
};

INSTANTIATE_TEST_SUITE_P(, SqliteTest, testing::Values(DatabaseKind::memory, DatabaseKind::file),
                         name_of);

TEST_P(SqliteTest, a_job_that_fails_only_at_the_commit_does_not_take_the_others_along) {
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      add(std::to_string(t));
      try {
        database_->write("note", [&](Session& session) {
          session.execute("INSERT INTO notes (id, book) VALUES (?,?)", {t, "nowhere"});
        });
      } catch (const base::Error& error) {
        if (error.detail() == "foreign key") ++refused;
      }
    });
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(count(), 8);
  EXPECT_EQ(refused, 8);
}

using SqliteFileTest = SqliteTest;
INSTANTIATE_TEST_SUITE_P(, SqliteFileTest, testing::Values(DatabaseKind::file), name_of);

TEST_P(SqliteFileTest, nobody_else_may_read_the_file) {
  add("1");
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status{};
    ASSERT_EQ(stat((path() + suffix).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
  }
}

TEST(Sqlite, names_the_path_that_cannot_be_opened) {
  try {
    (void)open_sqlite({.path = "/nonexistent/folder/nova.sqlite"});
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::unavailable);
    EXPECT_NE(error.message().find("/nonexistent/folder/nova.sqlite"), std::string::npos);
  }
}

}  // namespace
}  // namespace platform
