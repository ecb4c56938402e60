// What is acknowledged is there, and once, whatever happens to the server and the connections.
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "base/error.hpp"
#include "platform/database/cutting_proxy.hpp"
#include "platform/database/mariadb_commit.hpp"
#include "platform/database/mariadb_error.hpp"
#include "platform/database/migration.hpp"
#include "platform/database/private_mariadb.hpp"
#include "platform/database/rows.hpp"

namespace platform {
namespace {

using namespace std::chrono_literals;

constexpr Migration kFaultSchema[] = {
    {1, "0001_writes",
     "CREATE TABLE writes (id VARCHAR(64) PRIMARY KEY);\n"
     "CREATE TABLE counters (id VARCHAR(64) PRIMARY KEY, value BIGINT NOT NULL);\n"
     "INSERT INTO counters (id, value) VALUES ('a',0);\n"}};

class MariadbFault : public testing::Test {
 protected:
  void SetUp() override {
    if (!PrivateMariadb::is_installed()) GTEST_SKIP() << "mariadb-server is not installed";
    static int made = 0;
    options_ = server().options("faults_" + std::to_string(++made));
    administer("CREATE DATABASE " + options_.database);
    options_.patience = 60s;
    database_ = open_mariadb(options_);
    migrate(*database_, kFaultSchema);
  }

  // One for all tests: a start takes longer than any of them.
  static PrivateMariadb& server() {
    static PrivateMariadb one;
    return one;
  }
  static void administer(const std::string& statement) {
    MariadbConnection(server().options("information_schema")).run(statement);
  }
  // A row of its own and one more in the counter: done twice, the first would be refused and the
  // second would be wrong.
  static void write(Database& database, const std::string& id) {
    database.write("write", [&](Session& session) {
      session.execute("INSERT INTO writes (id) VALUES (?)", {id});
      session.execute("UPDATE counters SET value=value+1 WHERE id='a'", {});
    });
  }
  int64_t ask(std::string_view sql) {
    return database_->read([&](Session& session) { return number(session, sql); });
  }
  void expect_written(const std::set<std::string>& ids) {
    std::set<std::string> found;
    database_->read([&](Session& session) {
      session.query("SELECT id FROM writes", {},
                    [&](const SqlRow& row) { found.emplace(row.text(0)); });
    });
    EXPECT_EQ(found, ids);
    EXPECT_EQ(ask("SELECT value FROM counters"), static_cast<int64_t>(ids.size()));
  }

  // Writes from several threads until `disturb` returns; gives the ids that were acknowledged.
  std::set<std::string> write_while(const std::function<void()>& disturb) {
    std::atomic<bool> stop = false;
    std::mutex mutex;
    std::condition_variable grown;
    std::set<std::string> acknowledged;
    const auto work = [&](int thread) {
      for (int i = 0; !stop; ++i) {
        const std::string id = std::to_string(thread) + "." + std::to_string(i);
        write(*database_, id);
        const std::lock_guard lock(mutex);
        acknowledged.insert(id);
        grown.notify_one();
      }
    };
    std::vector<std::thread> threads;
    for (int t = 0; t < 6; ++t)
      threads.emplace_back([&, t] {
        try {
          work(t);
        } catch (const base::Error& error) {
          ADD_FAILURE() << error.what();
        }
      });
    {
      std::unique_lock lock(mutex);
      grown.wait_for(lock, 60s, [&] { return acknowledged.size() >= 20; });
    }
    EXPECT_NO_THROW(disturb());
    stop = true;
    for (std::thread& thread : threads) thread.join();
    return acknowledged;
  }

  MariadbOptions options_;
  std::unique_ptr<Database> database_;
};

TEST_F(MariadbFault, a_server_killed_and_started_again_loses_and_doubles_nothing) {
  const auto acknowledged = write_while([&] {
    for (int i = 0; i < 3; ++i) {
      server().kill();
      server().start();
    }
  });

  expect_written(acknowledged);
}

TEST_F(MariadbFault, connections_killed_at_any_moment_lose_and_double_nothing) {
  const auto acknowledged = write_while([&] {
    MariadbConnection killer(server().options("information_schema"));
    const auto end = std::chrono::steady_clock::now() + 3s;
    while (std::chrono::steady_clock::now() < end) {
      std::vector<int64_t> ids;
      killer.query("SELECT id FROM information_schema.processlist WHERE db=?", {options_.database},
                   [&](const SqlRow& row) { ids.push_back(row.integer(0)); });
      for (const int64_t id : ids) {
        try {
          killer.run("KILL CONNECTION " + std::to_string(id));
        } catch (const base::Error&) {
          // It has gone meanwhile.
        }
      }
    }
  });

  expect_written(acknowledged);
}

// Two transactions that want each other's rows: the lighter one is told among its rows.
TEST_F(MariadbFault, a_statement_that_met_a_deadlock_among_its_rows_runs_again) {
  MariadbConnection heavy(options_), light(options_);
  // change() waits for the server, as the other connection must see the rows.
  for (const char* id : {"1", "2", "3"})
    EXPECT_EQ(heavy.change("INSERT INTO writes (id) VALUES (?)", {id}), 1);
  const auto rows_of_light = [&] {
    int rows = 0;
    light.query("SELECT id FROM writes ORDER BY id LOCK IN SHARE MODE", {},
                [&](const SqlRow&) { ++rows; });
    return rows;
  };
  EXPECT_EQ(rows_of_light(), 3);
  heavy.run(
      "START TRANSACTION;INSERT INTO writes (id) VALUES ('4'),('5'),('6'),('7');"
      "UPDATE writes SET id='22' WHERE id='2'");
  light.run("START TRANSACTION");
  light.execute("UPDATE counters SET value=1 WHERE id='a'", {});
  std::thread blocked([&] { EXPECT_THROW(rows_of_light(), MariadbInterruption); });
  std::this_thread::sleep_for(500ms);
  heavy.run("UPDATE counters SET value=2 WHERE id='a';COMMIT");
  blocked.join();
  EXPECT_TRUE(light.roll_back());

  EXPECT_EQ(rows_of_light(), 7);
}

// A proxy between client and server cuts the connection at the commit.
class MariadbCommit : public MariadbFault, public testing::WithParamInterface<CutAt> {};

INSTANTIATE_TEST_SUITE_P(, MariadbCommit,
                         testing::Values(CutAt::before_commit, CutAt::after_commit,
                                         CutAt::late_commit),
                         [](const auto& test) {
                           return test.param == CutAt::before_commit  ? "before"
                                  : test.param == CutAt::after_commit ? "after"
                                                                      : "late";
                         });

TEST_P(MariadbCommit, whose_answer_is_lost_is_made_once) {
  CuttingProxy proxy(options_.socket);
  MariadbOptions through = options_;
  through.socket = proxy.socket();
  const auto database = open_mariadb(through);
  write(*database, "first");

  proxy.cut_next(GetParam());
  write(*database, "second");
  proxy.let_go();
  write(*database, "third");

  EXPECT_EQ(proxy.cuts(), 1);
  expect_written({"first", "second", "third"});
}

TEST_F(MariadbFault, a_commit_that_was_given_up_can_not_come_later) {
  MariadbPool pool(options_);
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  MariadbConnection late(options_);
  late.run("DO RELEASE_ALL_LOCKS()");  // else it would be ended by its name
  late.run("START TRANSACTION");
  late.execute("INSERT INTO writes (id) VALUES ('late')", {});

  EXPECT_FALSE(was_committed(pool, late.next_commit(), deadline));
  EXPECT_FALSE(was_committed(pool, late.next_commit(), deadline));
  EXPECT_THROW(commit_with_mark(late), base::Error);
  late.roll_back();

  expect_written({});
}

TEST_F(MariadbFault, a_read_after_a_restart_takes_a_new_connection) {
  EXPECT_EQ(ask("SELECT COUNT(*) FROM writes"), 0);
  server().kill();
  server().start();
  EXPECT_EQ(ask("SELECT COUNT(*) FROM writes"), 0);
}

TEST_F(MariadbFault, patience_ends_with_an_error_that_says_unavailable) {
  options_.patience = 1s;
  database_ = open_mariadb(options_);
  server().kill();
  try {
    write(*database_, "1");
    ADD_FAILURE();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::unavailable);
  }
  server().start();
}

TEST_F(MariadbFault, more_threads_than_connections_wait_for_one) {
  options_.connections = 2;
  database_ = open_mariadb(options_);

  const auto acknowledged = write_while([] {});

  expect_written(acknowledged);
}

TEST(Mariadb, names_the_server_that_cannot_be_reached_but_no_password) {
  MariadbOptions options;
  options.socket = "/nonexistent/socket";
  options.user = "nova";
  options.password = "secret";
  options.database = "nova";
  options.patience = 50ms;
  try {
    (void)open_mariadb(options);
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::unavailable);
    EXPECT_NE(error.message().find("/nonexistent/socket"), std::string::npos);
    EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace platform
