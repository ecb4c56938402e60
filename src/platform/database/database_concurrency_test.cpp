// Writes that meet: what a closure has read must hold until it commits.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/error.hpp"
#include "platform/database/database_under_test.hpp"
#include "platform/database/migration.hpp"
#include "platform/database/rows.hpp"

namespace platform {
namespace {

constexpr Migration kClaimsSchema[] = {
    {1, "0001_hosts",
     "CREATE TABLE counters (id VARCHAR(64) PRIMARY KEY, value BIGINT NOT NULL);\n"
     "CREATE TABLE claims (id VARCHAR(64) PRIMARY KEY, host VARCHAR(64) NOT NULL, vcpus BIGINT NOT "
     "NULL, number BIGINT NOT NULL);\n"
     "CREATE INDEX claims_of_host ON claims (host);\n"
     "CREATE INDEX claims_number ON claims (number);\n"}};

class DatabaseConcurrency : public DatabaseUnderTest {
 protected:
  static constexpr int kThreads = 8;

  void SetUp() override {
    DatabaseUnderTest::SetUp();
    if (!database_) return;
    migrate(*database_, kClaimsSchema);
    database_->write("start", [](Session& session) {
      session.execute("INSERT INTO counters (id, value) VALUES ('a',0)", {});
    });
  }

  template <class F>
  static void on_threads(F work) {
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) threads.emplace_back([&work, t] { work(t); });
    for (std::thread& thread : threads) thread.join();
  }
  int64_t ask(std::string_view sql) {
    return database_->read([&](Session& session) { return number(session, sql); });
  }
};

INSTANTIATE_TEST_SUITE_P(, DatabaseConcurrency, kEveryDatabase, name_of);

TEST_P(DatabaseConcurrency, no_change_is_lost_that_is_made_from_what_was_read) {
  constexpr int kEach = 25;
  on_threads([&](int) {
    for (int i = 0; i < kEach; ++i)
      database_->write("add", [](Session& session) {
        const int64_t value = number(session, "SELECT value FROM counters WHERE id='a'");
        session.execute("UPDATE counters SET value=? WHERE id='a'", {value + 1});
      });
  });

  EXPECT_EQ(ask("SELECT value FROM counters WHERE id='a'"), kThreads * kEach);
}

TEST_P(DatabaseConcurrency, a_host_is_never_claimed_beyond_its_capacity) {
  constexpr int64_t kCapacity = 20;
  std::atomic<int64_t> claimed = 0;
  on_threads([&](int thread) {
    for (int i = 0; i < 5; ++i) {
      const std::string id = std::to_string(thread) + "." + std::to_string(i);
      claimed += database_->write("claim", [&](Session& session) {
        const int64_t used = number(session, "SELECT SUM(vcpus) FROM claims WHERE host='h'");
        if (used + 1 > kCapacity) return 0;
        session.execute("INSERT INTO claims (id, host, vcpus, number) VALUES (?,'h',1,0)", {id});
        return 1;
      });
    }
  });

  EXPECT_EQ(claimed, kCapacity);
  EXPECT_EQ(ask("SELECT SUM(vcpus) FROM claims WHERE host='h'"), kCapacity);
}

TEST_P(DatabaseConcurrency, numbers_that_follow_the_highest_are_given_once) {
  on_threads([&](int thread) {
    for (int i = 0; i < 5; ++i) {
      const std::string id = std::to_string(thread) + "." + std::to_string(i);
      database_->write("number", [&](Session& session) {
        const int64_t next = number(session, "SELECT MAX(number) FROM claims") + 1;
        session.execute("INSERT INTO claims (id, host, vcpus, number) VALUES (?,'h',1,?)",
                        {id, next});
      });
    }
  });

  EXPECT_EQ(ask("SELECT COUNT(DISTINCT number) FROM claims"), kThreads * 5);
  EXPECT_EQ(ask("SELECT MAX(number) FROM claims"), kThreads * 5);
}

TEST_P(DatabaseConcurrency, of_many_that_compare_and_set_one_wins) {
  for (int round = 0; round < 10; ++round) {
    std::atomic<int64_t> winners = 0;
    on_threads([&](int) {
      winners += database_->write("set", [&](Session& session) {
        return session.change("UPDATE counters SET value=? WHERE id='a' AND value=?",
                              {round + 1, round});
      });
    });
    EXPECT_EQ(winners, 1);
  }
}

TEST_P(DatabaseConcurrency, changes_in_opposite_order_both_get_through) {
  database_->write("start", [](Session& session) {
    session.execute("INSERT INTO counters (id, value) VALUES ('b',0)", {});
  });
  on_threads([&](int thread) {
    for (int i = 0; i < 10; ++i)
      database_->write("add", [&](Session& session) {
        for (const char* id : thread % 2 == 0 ? std::array{"a", "b"} : std::array{"b", "a"})
          session.execute("UPDATE counters SET value=value+1 WHERE id=?", {id});
      });
  });

  EXPECT_EQ(ask("SELECT SUM(value) FROM counters"), 2 * kThreads * 10);
}

}  // namespace
}  // namespace platform
