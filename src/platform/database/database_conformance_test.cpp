// What every Database promises.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/error.hpp"
#include "platform/database/database_under_test.hpp"
#include "platform/database/lease.hpp"
#include "platform/database/migration.hpp"
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

constexpr Migration kConformanceSchema[] = {
    {1, "0001_books",
     "CREATE TABLE books (id VARCHAR(64) PRIMARY KEY, title TEXT NOT NULL, pages BIGINT, lent "
     "BIGINT NOT NULL, created_at BIGINT NOT NULL);\n"
     "CREATE TABLE leases (name VARCHAR(64) PRIMARY KEY, holder VARCHAR(64) NOT NULL, expires_at "
     "BIGINT NOT NULL);\n"}};

class DatabaseConformance : public DatabaseUnderTest {
 protected:
  void SetUp() override {
    DatabaseUnderTest::SetUp();
    if (database_) migrate(*database_, kConformanceSchema);
  }

  void add(const std::string& id) {
    database_->write("add",
                     [&](Session& session) { insert(session, Book{.id = id, .title = id}); });
  }
  int64_t count() {
    return database_->read(
        [](Session& session) { return number(session, "SELECT COUNT(*) FROM books"); });
  }
};

INSTANTIATE_TEST_SUITE_P(, DatabaseConformance, kEveryDatabase, name_of);

TEST_P(DatabaseConformance, gives_back_what_was_written) {
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

TEST_P(DatabaseConformance, an_update_from_what_was_read_leaves_the_other_columns_alone) {
  add("1");
  const Book read{.id = "1", .title = "1"};
  Book wanted = read;
  wanted.pages = 7;
  database_->write("change", [&](Session& session) {
    session.execute("UPDATE books SET title=? WHERE id=?", {"of another", "1"});
    update(session, wanted, read);
    update(session, read, read);
  });

  const auto found =
      database_->read([](Session& session) { return find<Book>(session, "WHERE id=?", {"1"}); });

  ASSERT_TRUE(found);
  EXPECT_EQ(found->pages, 7);
  EXPECT_EQ(found->title, "of another");
}

TEST_P(DatabaseConformance, a_throwing_closure_writes_nothing) {
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

TEST_P(DatabaseConformance, a_second_row_with_the_key_is_a_conflict) {
  add("1");

  try {
    add("1");
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::conflict);
    EXPECT_EQ(error.detail(), "unique");
  }
}

// execute() need not wait: what failed is known by the commit at the latest, and nothing stays.
TEST_P(DatabaseConformance, what_execute_could_not_do_undoes_the_transaction) {
  add("1");
  add("2");
  for (const bool reads_later : {false, true}) {
    EXPECT_THROW(database_->write("add",
                                  [&](Session& session) {
                                    insert(session, Book{.id = "3"});
                                    insert(session, Book{.id = "1"});
                                    insert(session, Book{.id = "4"});
                                    if (reads_later)
                                      (void)number(session, "SELECT COUNT(*) FROM books");
                                  }),
                 base::Error);
    EXPECT_EQ(count(), 2);
  }
  add("5");
  EXPECT_EQ(count(), 3);
}

TEST_P(DatabaseConformance, many_changes_in_a_row_are_all_made) {
  database_->write("add", [](Session& session) {
    for (int i = 0; i < 300; ++i) insert(session, Book{.id = std::to_string(i)});
    for (int i = 0; i < 300; i += 2)
      session.execute("DELETE FROM books WHERE id=?", {std::to_string(i)});
    EXPECT_EQ(number(session, "SELECT COUNT(*) FROM books"), 150);
    EXPECT_EQ(session.change("DELETE FROM books WHERE id=?", {"1"}), 1);
  });
  EXPECT_EQ(count(), 149);
}

TEST_P(DatabaseConformance, a_row_is_inserted_if_it_is_absent_or_in_its_place) {
  database_->write("add", [](Session& session) {
    EXPECT_TRUE(insert_if_absent(session, Book{.id = "1", .title = "first"}));
    EXPECT_FALSE(insert_if_absent(session, Book{.id = "1", .title = "second"}));
  });
  add("2");
  EXPECT_THROW(database_->write("add",
                                [](Session& session) {
                                  insert(session, Book{.id = "2"});
                                  (void)insert_if_absent(session, Book{.id = "3"});
                                }),
               base::Error)
      << "the conflict of another row";
  EXPECT_EQ(count(), 2);
  const auto found =
      database_->read([](Session& session) { return find<Book>(session, "WHERE id=?", {"1"}); });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->title, "first");

  database_->write("replace", [](Session& session) {
    replace(session, Book{.id = "1", .title = "third"});
    replace(session, Book{.id = "3", .title = "new"});
  });
  EXPECT_EQ(count(), 3);
}

TEST_P(DatabaseConformance, refuses_to_write_in_a_read) {
  EXPECT_THROW(database_->read([](Session& session) { insert(session, Book{.id = "1"}); }),
               base::Error);
  EXPECT_EQ(count(), 0);
}

TEST_P(DatabaseConformance, wrong_sql_is_internal_and_says_why_in_the_detail) {
  try {
    database_->read([](Session& session) { return number(session, "SELECT absent FROM books"); });
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::internal);
    EXPECT_NE(error.detail().find("absent"), std::string::npos);
    EXPECT_EQ(error.message().find("absent"), std::string::npos);
  }
}

TEST_P(DatabaseConformance, the_same_query_may_run_inside_its_own_callback) {
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

TEST_P(DatabaseConformance, keeps_a_bounded_number_of_statements) {
  for (int i = 0; i < 1000; ++i)
    database_->read(
        [&](Session& session) { EXPECT_EQ(number(session, "SELECT " + std::to_string(i)), i); });
}

TEST_P(DatabaseConformance, writers_from_many_threads_do_not_disturb_each_other) {
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

TEST_P(DatabaseConformance, one_of_two_holders_has_the_lease_until_it_expires) {
  using namespace std::chrono_literals;
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

TEST_P(DatabaseConformance, a_lease_of_a_clock_that_was_far_ahead_keeps_nobody_waiting) {
  using namespace std::chrono_literals;
  const auto lease = [&](auto work) {
    return database_->write("lease", [&](Session& session) { return work(session); });
  };
  const auto hold = [&](const char* holder, base::Duration at) {
    return lease([&](Session& session) {
      return hold_lease(session, "reaper", holder, base::TimePoint{at}, 10s);
    });
  };
  const auto another = [&](base::Duration at) {
    return lease([&](Session& session) {
      return another_holds_lease(session, "reaper", "b", base::TimePoint{at}, 10s);
    });
  };

  EXPECT_TRUE(hold("a", 310s));
  EXPECT_FALSE(another(10s));
  EXPECT_TRUE(another(300s));
  EXPECT_FALSE(hold("b", 300s));
  EXPECT_TRUE(hold("b", 10s));
}

TEST_P(DatabaseConformance, what_was_written_is_there_after_opening_again) {
  if (GetParam() == DatabaseKind::memory) GTEST_SKIP() << "ends with its connection";
  add("1");
  open();
  EXPECT_EQ(count(), 1);
}

TEST_P(DatabaseConformance, a_read_sees_one_snapshot_while_others_write) {
  if (GetParam() == DatabaseKind::memory) GTEST_SKIP() << "has one connection";
  add("1");
  database_->read([&](Session& session) {
    EXPECT_EQ(number(session, "SELECT COUNT(*) FROM books"), 1);
    std::thread([&] { add("2"); }).join();
    EXPECT_EQ(number(session, "SELECT COUNT(*) FROM books"), 1);
  });
  EXPECT_EQ(count(), 2);
}

}  // namespace
}  // namespace platform
