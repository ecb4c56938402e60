#include "platform/simulation/simulation.hpp"

#include <gtest/gtest.h>

#include <set>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "platform/database/migration.hpp"
#include "platform/database/outbox.hpp"
#include "platform/database/rows.hpp"

namespace platform {
namespace {

using namespace std::chrono_literals;

constexpr Migration kSimulatedSchema[] = {
    {1, "0001_all",
     "CREATE TABLE marks (id TEXT PRIMARY KEY);\n"
     "CREATE TABLE outbox (id TEXT PRIMARY KEY, topic TEXT NOT NULL, message TEXT NOT NULL, "
     "created_at BIGINT NOT NULL);\n"
     "CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, expires_at BIGINT NOT "
     "NULL);\n"}};

Message message(std::string id) { return {std::move(id), "Mark", 1, "req-1", nullptr, nullptr}; }

void add_mark(Database& database, const std::string& id) {
  database.write("mark", [&](Session& session) {
    if (number(session, "SELECT COUNT(*) FROM marks WHERE id=?", {id}) == 0)
      session.execute("INSERT INTO marks (id) VALUES (?)", {id});
  });
}

int64_t count(Database& database, const char* table) {
  return database.read([&](Session& session) {
    return number(session, std::string("SELECT COUNT(*) FROM ") + table);
  });
}

// A process that turns casts to "marks" into rows.
class Marker {
 public:
  explicit Marker(Simulation& simulation)
      : process(simulation.make_process("marker")),
        subscription(process->bus().subscribe("marks",
                                              [this](const Message& message) -> base::Json {
                                                add_mark(process->database("test"), message.id);
                                                return "marked";
                                              },
                                              {.role = "marker"})) {}
  ~Marker() { process->kill(); }
  std::unique_ptr<SimulatedProcess> process;
  std::unique_ptr<Subscription> subscription;
};

class SimulationTest : public testing::Test {
 protected:
  explicit SimulationTest(uint64_t seed = 1) : simulation(seed) {
    simulation.prepare_database("test",
                                [](Database& database) { migrate(database, kSimulatedSchema); });
    home = simulation.make_process("home");
  }
  // Runs `body` as a task of `home` to its end.
  bool run(std::function<void()> body, base::Duration limit = 1h) {
    bool done = false;
    task = home->runtime().executor.start("test", [&] {
      body();
      done = true;
    });
    return simulation.run_until([&] { return done; }, limit);
  }
  Database& database() { return home->database("test"); }

  Simulation simulation;
  std::unique_ptr<SimulatedProcess> home;
  std::unique_ptr<Task> task;
};

TEST_F(SimulationTest, an_hour_passes_in_no_time) {
  const base::TimePoint before = simulation.now();

  EXPECT_TRUE(run([&] { home->runtime().executor.sleep_for(30min); }));

  EXPECT_GE(simulation.now() - before, 30min);
  EXPECT_LT(simulation.now() - before, 31min);
}

TEST_F(SimulationTest, running_stops_at_the_limit) {
  const base::TimePoint before = simulation.now();
  EXPECT_FALSE(simulation.run_until([] { return false; }, 10s));
  EXPECT_GE(simulation.now() - before, 10s);
}

TEST_F(SimulationTest, an_event_wakes_a_waiter_or_times_out) {
  Executor& executor = home->runtime().executor;
  const auto event = executor.make_event();
  std::vector<bool> seen;

  EXPECT_TRUE(run([&] {
    seen.push_back(event->wait_until(executor.clock().steady() + 1s));
    event->set();
    event->set();
    seen.push_back(event->wait_until(executor.clock().steady() + 1s));
    seen.push_back(event->wait_until(executor.clock().steady() + 1s));
    const auto other = executor.start("setter", [&] {
      executor.sleep_for(1min);
      event->set();
    });
    seen.push_back(event->wait_until(kNever));
  }));

  EXPECT_EQ(seen, (std::vector<bool>{false, true, false, true}));
}

TEST_F(SimulationTest, periodic_work_runs_on_virtual_time) {
  int runs = 0;
  {
    Periodic periodic(home->runtime().executor, "tick", 1s, [&] { ++runs; });
    simulation.run_until([] { return false; }, 60s);
  }
  EXPECT_GE(runs, 58);
  EXPECT_LE(runs, 61);
}

TEST_F(SimulationTest, a_call_is_answered_and_an_error_travels_back) {
  const auto server = simulation.make_process("server");
  const auto subscription = server->bus().subscribe(
      "books",
      [](const Message& request) -> base::Json {
        if (request.id == "bad")
          throw base::Error(base::ErrorKind::not_found, "No such book.", "shelf 3");
        return base::Json(request.id + "!");
      },
      {.role = "server"});
  base::Json reply;
  std::string error;

  EXPECT_TRUE(run([&] {
    reply = home->bus().call("books", message("1"), 10s);
    try {
      (void)home->bus().call("books", message("bad"), 10s);
    } catch (const base::Error& caught) {
      error = caught.what();
    }
    EXPECT_THROW((void)home->bus().call("nobody", message("1"), 10s), base::Error);
  }));

  EXPECT_EQ(reply, base::Json("1!"));
  EXPECT_EQ(error, "No such book. (shelf 3)");
}

TEST_F(SimulationTest, a_call_ends_at_its_deadline) {
  const auto server = simulation.make_process("server");
  const auto subscription = server->bus().subscribe("slow",
                                                    [&](const Message&) -> base::Json {
                                                      server->runtime().executor.sleep_for(1min);
                                                      return nullptr;
                                                    },
                                                    {.role = "server"});
  EXPECT_TRUE(run([&] {
    try {
      (void)home->bus().call("slow", message("1"), 10s);
      ADD_FAILURE();
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::timeout);
    }
  }));
}

TEST_F(SimulationTest, a_call_from_outside_of_tasks_runs_the_others_meanwhile) {
  Marker marker(simulation);
  EXPECT_EQ(home->bus().call("marks", message("1"), 10s), base::Json("marked"));
  EXPECT_EQ(count(database(), "marks"), 1);
}

TEST_F(SimulationTest, a_cast_waits_for_a_subscriber) {
  home->bus().cast("marks", message("1"));
  simulation.run_until([] { return false; }, 10s);

  Marker marker(simulation);

  EXPECT_TRUE(simulation.run_until([&] { return count(database(), "marks") == 1; }, 10s));
}

TEST_F(SimulationTest, a_failing_cast_is_delivered_again_and_then_given_up) {
  int attempts = 0;
  const auto subscription =
      home->bus().subscribe("broken",
                            [&](const Message&) -> base::Json {
                              ++attempts;
                              throw base::Error(base::ErrorKind::internal, "no");
                            },
                            {.role = "home"});
  home->bus().cast("broken", message("1"));

  EXPECT_TRUE(simulation.run_until([&] { return !simulation.dead_letters().empty(); }, 1h));
  EXPECT_GT(attempts, 3);
}

TEST_F(SimulationTest, a_handler_that_is_killed_leaves_the_message_to_the_next) {
  int started = 0;
  auto first = simulation.make_process("first");
  auto subscription = first->bus().subscribe("marks",
                                             [&](const Message&) -> base::Json {
                                               ++started;
                                               first->runtime().executor.sleep_for(1h);
                                               ADD_FAILURE();
                                               return nullptr;
                                             },
                                             {.role = "first"});
  bool settled = false;
  home->bus().cast("marks", message("1"), [&] { settled = true; });
  ASSERT_TRUE(simulation.run_until([&] { return started == 1; }, 1min));
  EXPECT_TRUE(settled);

  first->kill();
  subscription.reset();
  Marker second(simulation);

  EXPECT_TRUE(simulation.run_until([&] { return count(database(), "marks") == 1; }, 1min));
}

TEST_F(SimulationTest, the_caller_of_a_killed_server_gets_an_error) {
  auto server = simulation.make_process("server");
  const auto subscription = server->bus().subscribe("books",
                                                    [&](const Message&) -> base::Json {
                                                      server->point("here");
                                                      server->kill();
                                                      server->point("never passed");
                                                      ADD_FAILURE();
                                                      return nullptr;
                                                    },
                                                    {.role = "server"});
  server->serve("http://server", [&](http::Request&) {
    server->kill();
    server->point("never passed");
    return http::Response{};
  });
  EXPECT_TRUE(run([&] {
    EXPECT_THROW((void)home->bus().call("books", message("1"), 10s), base::Error);
    EXPECT_THROW((void)home->transport().send("http://server", {}, 10s), base::Error);
  }));
}

// What a role has: a loop, a pool, destructors that use interfaces.
struct Untidy {
  explicit Untidy(SimulatedProcess& its_process) : process(its_process) {}
  ~Untidy() {
    process.bus().cast("marks", message("tidied"));
    process.point("tidying");
    process.runtime().executor.sleep_for(1s);
    try {
      add_mark(process.database("test"), "tidied");
      ADD_FAILURE();
    } catch (const base::Error&) {
    }
  }
  SimulatedProcess& process;
};

TEST_F(SimulationTest, nothing_of_a_killed_process_goes_on_or_tidies_up) {
  auto victim = simulation.make_process("victim");
  Executor& executor = victim->runtime().executor;
  int unwound = 0;
  auto periodic = std::make_unique<Periodic>(executor, "tick", 1s, [&] {
    const base::ScopeExit note([&] { ++unwound; });
    const Untidy untidy(*victim);
    const auto nested = executor.start("nested", [&] {
      const Untidy inner(*victim);
      executor.sleep_for(1h);
      add_mark(victim->database("test"), "survived");
    });
    executor.sleep_for(1h);
    add_mark(victim->database("test"), "survived");
  });
  auto pool = std::make_unique<WorkerPool>(executor, "pool", 2, 10);
  EXPECT_TRUE(pool->post([&] { (void)victim->bus().call("nobody", message("1"), 1h); }));
  simulation.run_until([] { return false; }, 5s);

  victim->kill();

  EXPECT_EQ(unwound, 1);
  periodic.reset();
  pool.reset();
  EXPECT_THROW(add_mark(victim->database("test"), "survived"), base::Error);
  victim.reset();
  simulation.run_until([] { return false; }, 2h);
  EXPECT_EQ(count(database(), "marks"), 0);
}

TEST_F(SimulationTest, a_process_can_be_killed_at_any_point) {
  int points = 0;
  int killed_at = -1;
  simulation.on_point([&](SimulatedProcess& process, std::string_view) {
    if (process.host() == "victim" && points++ == killed_at) process.kill();
  });
  const auto once = [&] {
    points = 0;
    auto victim = simulation.make_process("victim");
    bool ended = false;
    auto its_task = victim->runtime().executor.start("work", [&] {
      add_mark(victim->database("test"), std::to_string(killed_at));
      victim->bus().cast("nobody", message("1"));
      ended = true;
    });
    simulation.run_until([&] { return ended || victim->killed(); }, 1min);
    return ended;
  };
  EXPECT_TRUE(once());
  const int all = points;
  ASSERT_GE(all, 3);

  for (killed_at = 0; killed_at < all; ++killed_at) EXPECT_FALSE(once());

  // One from the run that was not killed; killed before the write: none; after it: the others.
  EXPECT_EQ(count(database(), "marks"), all);
}

TEST_F(SimulationTest, a_failed_commit_writes_nothing) {
  simulation.faults({.commit_failed = 1000});
  EXPECT_TRUE(run([&] { EXPECT_THROW(add_mark(database(), "1"), base::Error); }));
  EXPECT_EQ(count(database(), "marks"), 0);
}

TEST_F(SimulationTest, a_commit_whose_answer_is_lost_is_written) {
  simulation.faults({.commit_unknown = 1000});
  EXPECT_TRUE(run([&] { EXPECT_THROW(add_mark(database(), "1"), base::Error); }));
  EXPECT_EQ(count(database(), "marks"), 1);
}

TEST_F(SimulationTest, a_repeated_transaction_is_as_one) {
  simulation.faults({.commit_repeated = 1000});
  EXPECT_TRUE(run([&] { add_mark(database(), "1"); }));
  EXPECT_EQ(count(database(), "marks"), 1);
}

TEST_F(SimulationTest, a_paused_process_stands_still_and_goes_on_unknowing) {
  const auto sleeper = simulation.make_process("sleeper");
  Executor& executor = sleeper->runtime().executor;
  int ticks = 0;
  const Periodic periodic(executor, "tick", 1s, [&] { ++ticks; });
  simulation.run_until([] { return false; }, 10s);
  const int before = ticks;

  sleeper->pause(30s);
  simulation.run_until([] { return false; }, 29s);
  EXPECT_LE(ticks, before + 1);

  simulation.run_until([] { return false; }, 10s);
  EXPECT_GT(ticks, before + 5);
  sleeper->kill();
}

TEST_F(SimulationTest, who_is_cut_off_can_not_call_and_gets_its_messages_afterwards) {
  Marker marker(simulation);
  simulation.faults({.cut_from_bus = {"marker"}});
  home->bus().cast("marks", message("1"));
  EXPECT_TRUE(run(
      [&] { EXPECT_THROW((void)marker.process->bus().call("x", message("2"), 5s), base::Error); }));
  EXPECT_EQ(count(database(), "marks"), 0);

  simulation.faults({});

  EXPECT_TRUE(simulation.run_until([&] { return count(database(), "marks") == 1; }, 2min));
}

TEST_F(SimulationTest, the_wall_clock_of_one_process_can_be_wrong) {
  home->jump_clock(1h);
  EXPECT_EQ(home->runtime().clock.now() - simulation.now(), 1h);
  EXPECT_LT(home->runtime().clock.steady().since_start, 1h);
}

TEST_F(SimulationTest, http_fails_before_or_after_it_was_handled) {
  int handled = 0;
  int failed = 0;
  const auto server = simulation.make_process("server");
  server->serve("http://server", [&](http::Request&) {
    ++handled;
    return http::Response{.status = 204, .headers = {}, .body = {}, .stream = nullptr};
  });
  simulation.faults({.http_failed = 300});
  EXPECT_TRUE(run([&] {
    for (int i = 0; i < 200; ++i) try {
        EXPECT_EQ(home->transport().send("http://server", {}, 10s).status, 204);
      } catch (const base::Error&) {
        ++failed;
      }
  }));
  EXPECT_GT(failed, 50);
  EXPECT_GT(handled, 200 - failed);
  EXPECT_LT(handled, 200);
}

// Decides marks and has the outbox send them.
class Sender {
 public:
  Sender(Simulation& simulation, std::set<std::string>& acknowledged)
      : process(simulation.make_process("sender")),
        acknowledged_(acknowledged),
        relay_(process->runtime(), process->database("test"), process->bus()),
        task_(process->runtime().executor.start("sender", [this] { send(); })) {}
  ~Sender() { process->kill(); }

  std::unique_ptr<SimulatedProcess> process;
  bool sent = false;

 private:
  void send() {
    for (int i = 0; i < 10; ++i) {
      const Message decided = message(process->runtime().random.uuid());
      try {
        process->database("test").write("decide", [&](Session& session) {
          enqueue(session, "marks", decided, process->runtime().clock.now());
        });
        acknowledged_.insert(decided.id);
      } catch (const base::Error&) {
      }
      process->runtime().executor.sleep_for(100ms);
    }
    sent = true;
  }

  std::set<std::string>& acknowledged_;
  OutboxRelay relay_;
  std::unique_ptr<Task> task_;
};

// Marks that are decided by one process and made by another, while messages and commits go wrong
// and both are killed and started again.
struct Story {
  explicit Story(uint64_t seed) : simulation(seed) {
    simulation.prepare_database("test",
                                [](Database& database) { migrate(database, kSimulatedSchema); });
    simulation.faults({.message_lost = 100,
                       .message_doubled = 100,
                       .message_delayed = 50,
                       .commit_failed = 10,
                       .http_failed = 0});
    simulation.on_point([this](SimulatedProcess& process, std::string_view) {
      if (kills > 0 && simulation.choose(100) == 0) {
        --kills;
        process.kill();
      }
    });
    sender = std::make_unique<Sender>(simulation, acknowledged);
    marker = std::make_unique<Marker>(simulation);
  }

  bool done() {
    if (sender->process->killed() || marker->process->killed()) return true;
    return sender->sent && all_marked() && count(marker->process->database("test"), "outbox") == 0;
  }

  // True: every mark that was acknowledged is there.
  bool run() {
    for (;;) {
      if (!simulation.run_until([this] { return done(); }, 1h)) return false;
      if (sender->process->killed()) {
        sender = nullptr;
        sender = std::make_unique<Sender>(simulation, acknowledged);
      } else if (marker->process->killed()) {
        marker = nullptr;
        marker = std::make_unique<Marker>(simulation);
      } else {
        return simulation.dead_letters().empty();
      }
    }
  }

  bool all_marked() {
    std::set<std::string> missing = acknowledged;
    marker->process->database("test").read([&](Session& session) {
      session.query("SELECT id FROM marks", {},
                    [&](const SqlRow& row) { missing.erase(std::string(row.text(0))); });
    });
    return missing.empty();
  }

  Simulation simulation;
  std::set<std::string> acknowledged;
  int kills = 5;
  std::unique_ptr<Sender> sender;
  std::unique_ptr<Marker> marker;
};

TEST(Simulation, the_outbox_loses_nothing_whatever_fails_and_whoever_is_killed) {
  for (uint64_t seed = 1; seed <= 50; ++seed) EXPECT_TRUE(Story(seed).run()) << "seed " << seed;
}

TEST(Simulation, the_same_seed_is_the_same_run_and_another_is_not) {
  std::set<uint64_t> hashes;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    Story first(seed);
    Story second(seed);
    first.run();
    second.run();
    EXPECT_EQ(first.simulation.trace_hash(), second.simulation.trace_hash()) << "seed " << seed;
    hashes.insert(first.simulation.trace_hash());
  }
  EXPECT_EQ(hashes.size(), 5U);
}

}  // namespace
}  // namespace platform
