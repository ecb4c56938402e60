#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "base/error.hpp"
#include "platform/database/lease.hpp"
#include "platform/database/rows.hpp"

namespace platform {
namespace {

struct Book {
  static constexpr std::string_view kTable = "books";
  std::string id;
  std::string title = {};
  std::optional<int64_t> pages = {};
  bool lent = false;
  base::TimePoint created_at{};
};
BOOST_DESCRIBE_STRUCT(Book, (), (id, title, pages, lent, created_at))

// Each test runs on a file and in memory.
class SqliteTest : public testing::TestWithParam<bool> {
 protected:
  SqliteTest() {
    folder_ = std::filesystem::temp_directory_path() / ("sqlite_test." + std::to_string(getpid()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
    open();
    database_->write("create", [](Session& session) {
      session.execute(
          "CREATE TABLE books (id TEXT PRIMARY KEY, title TEXT NOT NULL, pages BIGINT, lent BIGINT "
          "NOT NULL, created_at BIGINT NOT NULL)",
          {});
    });
  }
  ~SqliteTest() override {
    database_.reset();
    std::filesystem::remove_all(folder_);
  }

  void open() {
    database_.reset();
    database_ = open_sqlite({GetParam() ? path() : ":memory:", 2});
  }
  [[nodiscard]] std::string path() const { return folder_ / "test.sqlite"; }

  void add(const std::string& id) {
    database_->write("add",
                     [&](Session& session) { insert(session, Book{.id = id, .title = id}); });
  }
  int64_t count() {
    return database_->read(
        [](Session& session) { return number(session, "SELECT COUNT(*) FROM books"); });
  }

  std::filesystem::path folder_;
  std::unique_ptr<Database> database_;
};

INSTANTIATE_TEST_SUITE_P(, SqliteTest, testing::Bool(),
                         [](const auto& which) { return which.param ? "file" : "memory"; });

TEST_P(SqliteTest, gives_back_what_was_written) {
  const Book written{.id = "1",
                     .title = std::string("a\0b \xc3\xa9", 6),
                     .pages = std::nullopt,
                     .lent = true,
                     .created_at = base::TimePoint{base::Duration{1'700'000'000'123'456}}};
  database_->write("add", [&](Session& session) { insert(session, written); });

  const auto read =
      database_->read([](Session& session) { return find<Book>(session, "WHERE id=?", {"1"}); });

  ASSERT_TRUE(read);
  EXPECT_EQ(read->title, written.title);
  EXPECT_FALSE(read->pages);
  EXPECT_TRUE(read->lent);
  EXPECT_EQ(read->created_at, written.created_at);
}

TEST_P(SqliteTest, a_throwing_closure_writes_nothing) {
  EXPECT_THROW(database_->write("add",
                                [](Session& session) {
                                  insert(session, Book{.id = "1"});
                                  throw std::runtime_error("no");
                                }),
               std::runtime_error);

  EXPECT_EQ(count(), 0);
  add("2");
  EXPECT_EQ(count(), 1);
}

TEST_P(SqliteTest, a_second_row_with_the_key_is_a_conflict) {
  add("1");

  try {
    add("1");
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::conflict);
    EXPECT_EQ(error.detail(), "unique");
  }
}

TEST_P(SqliteTest, refuses_to_write_in_a_read) {
  EXPECT_THROW(database_->read([](Session& session) { insert(session, Book{.id = "1"}); }),
               base::Error);
  EXPECT_EQ(count(), 0);
}

TEST_P(SqliteTest, wrong_sql_is_internal_and_says_why_in_the_detail) {
  try {
    database_->read([](Session& session) { return number(session, "SELECT absent FROM books"); });
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::internal);
    EXPECT_NE(error.detail().find("no such column"), std::string::npos);
    EXPECT_EQ(error.message().find("absent"), std::string::npos);
  }
}

TEST_P(SqliteTest, the_same_query_may_run_inside_its_own_callback) {
  add("1");
  add("2");

  int pairs = 0;
  database_->read([&](Session& session) {
    session.query("SELECT id FROM books", {}, [&](const SqlRow&) {
      session.query("SELECT id FROM books", {}, [&](const SqlRow&) { ++pairs; });
    });
  });

  EXPECT_EQ(pairs, 4);
}

TEST_P(SqliteTest, keeps_a_bounded_number_of_statements) {
  for (int i = 0; i < 1000; ++i)
    database_->read(
        [&](Session& session) { EXPECT_EQ(number(session, "SELECT " + std::to_string(i)), i); });
}

TEST_P(SqliteTest, writers_from_many_threads_do_not_disturb_each_other) {
  constexpr int kThreads = 8;
  constexpr int kEach = 40;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        add(std::to_string(t) + "." + std::to_string(i));
        // Fails beside the others' jobs, in the same commit.
        try {
          add("same");
        } catch (const base::Error&) {
          ++refused;
        }
      }
    });
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(count(), kThreads * kEach + 1);
  EXPECT_EQ(refused, kThreads * kEach - 1);
}

TEST_P(SqliteTest, a_job_that_fails_only_at_the_commit_does_not_take_the_others_along) {
  database_->write("create", [](Session& session) {
    session.execute(
        "CREATE TABLE notes (id TEXT PRIMARY KEY, book TEXT NOT NULL REFERENCES books(id) "
        "DEFERRABLE INITIALLY DEFERRED)",
        {});
  });
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

TEST_P(SqliteTest, one_of_two_holders_has_the_lease_until_it_expires) {
  using namespace std::chrono_literals;
  database_->write("create", [](Session& session) {
    session.execute(
        "CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, expires_at BIGINT NOT "
        "NULL)",
        {});
  });
  const auto hold = [&](const char* holder, base::Duration at) {
    return database_->write("lease", [&](Session& session) {
      return hold_lease(session, "reaper", holder, base::TimePoint{at}, 10s);
    });
  };

  EXPECT_TRUE(hold("a", 0s));
  EXPECT_FALSE(hold("b", 5s));
  EXPECT_TRUE(hold("a", 5s));
  EXPECT_FALSE(hold("b", 14s));
  EXPECT_TRUE(hold("b", 15s));
  EXPECT_FALSE(hold("a", 16s));
}

using SqliteFileTest = SqliteTest;
INSTANTIATE_TEST_SUITE_P(, SqliteFileTest, testing::Values(true),
                         [](const auto&) { return "file"; });

TEST_P(SqliteFileTest, what_was_written_is_there_after_opening_again) {
  add("1");
  open();
  EXPECT_EQ(count(), 1);
}

TEST_P(SqliteFileTest, a_read_sees_one_snapshot_while_others_write) {
  add("1");
  database_->read([&](Session& session) {
    EXPECT_EQ(number(session, "SELECT COUNT(*) FROM books"), 1);
    std::thread([&] { add("2"); }).join();
    EXPECT_EQ(number(session, "SELECT COUNT(*) FROM books"), 1);
  });
  EXPECT_EQ(count(), 2);
}

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
