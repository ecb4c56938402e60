// What is away for a while: the broker, databases, wires between hosts, and processes that stand
// still while others get their work.
#include <gtest/gtest.h>

#include <optional>

#include "base/error.hpp"
#include "platform/database/rows.hpp"
#include "platform/simulation/simulation.hpp"

namespace platform {
namespace {

using namespace std::chrono_literals;

class SimulatedOutage : public testing::Test {
 protected:
  SimulatedOutage() { home = simulation.make_process("home"); }

  static Message work(std::string id) { return {std::move(id), "Work", 1, "req-1", nullptr, {}}; }
  void pass(base::Duration duration) {
    simulation.run_until([] { return false; }, duration);
  }
  // Runs `body` as a task of `home` to its end; the kind of the error that left it.
  std::optional<base::ErrorKind> run(const std::function<void()>& body) {
    std::optional<base::ErrorKind> kind;
    bool done = false;
    const auto task = home->runtime().executor.start("test", [&] {
      try {
        body();
      } catch (const base::Error& error) {
        kind = error.kind();
      }
      done = true;
    });
    EXPECT_TRUE(simulation.run_until([&] { return done; }, 1h));
    return kind;
  }

  Simulation simulation{1};
  std::unique_ptr<SimulatedProcess> home;
};

// A process that works for a while on each message.
class Worker {
 public:
  Worker(Simulation& simulation, const std::string& host, base::Duration duration)
      : process(simulation.make_process(host)),
        subscription_(process->bus().subscribe("work",
                                               [this, duration](const Message&) -> base::Json {
                                                 ++started;
                                                 process->runtime().executor.sleep_for(duration);
                                                 ++done;
                                                 return "done";
                                               },
                                               {.role = "worker"})) {}
  ~Worker() { process->kill(); }

  std::unique_ptr<SimulatedProcess> process;
  int started = 0;
  int done = 0;

 private:
  std::unique_ptr<Subscription> subscription_;
};

TEST_F(SimulatedOutage, a_cast_waits_in_its_sender_until_the_broker_is_back) {
  const Worker worker(simulation, "worker", 1s);
  bool settled = false;
  simulation.faults({.broker_away = true});
  EXPECT_FALSE(home->bus().reaches_broker());
  home->bus().cast("work", work("1"), [&] { settled = true; });
  pass(5min);
  EXPECT_FALSE(settled);
  EXPECT_EQ(worker.started, 0);

  simulation.faults({});
  pass(1min);

  EXPECT_TRUE(settled);
  EXPECT_EQ(worker.done, 1);
}

TEST_F(SimulatedOutage, what_a_sender_that_dies_has_not_sent_is_lost) {
  const Worker worker(simulation, "worker", 1s);
  const auto sender = simulation.make_process("sender");
  simulation.faults({.broker_away = true});
  sender->bus().cast("work", work("1"));
  sender->kill();

  simulation.faults({});
  pass(2min);

  EXPECT_EQ(worker.started, 0);
}

TEST_F(SimulatedOutage, what_the_broker_has_confirmed_is_there_when_it_is_back) {
  bool settled = false;
  home->bus().cast("work", work("1"), [&] { settled = true; });
  pass(1s);
  ASSERT_TRUE(settled);
  simulation.faults({.broker_away = true});
  pass(1min);
  simulation.faults({});

  const Worker worker(simulation, "worker", 1s);
  pass(1min);

  EXPECT_EQ(worker.done, 1);
}

TEST_F(SimulatedOutage, a_cast_that_is_still_handled_when_the_broker_is_back_is_handled_once) {
  const Worker worker(simulation, "worker", 2min);
  home->bus().cast("work", work("1"));
  pass(10s);
  simulation.faults({.broker_away = true});
  pass(10s);

  simulation.faults({});
  pass(10min);

  EXPECT_EQ(worker.started, 1);
  EXPECT_EQ(worker.done, 1);
}

TEST_F(SimulatedOutage, a_cast_that_was_handled_meanwhile_is_delivered_again) {
  const Worker worker(simulation, "worker", 20s);
  home->bus().cast("work", work("1"));
  pass(10s);
  simulation.faults({.broker_away = true});
  pass(1min);
  ASSERT_EQ(worker.done, 1);

  simulation.faults({});
  pass(10min);

  EXPECT_EQ(worker.done, 2);
}

TEST_F(SimulatedOutage, a_call_waits_for_the_broker_until_its_deadline) {
  const Worker worker(simulation, "worker", 1s);
  simulation.faults({.broker_away = true});
  EXPECT_EQ(run([&] { (void)home->bus().call("work", work("1"), 30s); }),
            base::ErrorKind::unavailable);

  simulation.faults({});
  pass(1min);

  EXPECT_EQ(worker.started, 0);
  EXPECT_EQ(run([&] { (void)home->bus().call("work", work("2"), 30s); }), std::nullopt);
}

TEST_F(SimulatedOutage, a_call_that_another_connection_had_is_not_done_again) {
  const Worker one(simulation, "worker", 10min);
  const Worker other(simulation, "worker", 10min);
  std::optional<base::ErrorKind> kind;
  const auto task = home->runtime().executor.start("caller", [&] {
    try {
      (void)home->bus().call("work", work("1"), 30min);
    } catch (const base::Error& error) {
      kind = error.kind();
    }
  });
  pass(10s);

  (one.started > 0 ? one : other).process->pause(5min);
  pass(2min);

  EXPECT_EQ(kind, base::ErrorKind::timeout);
  EXPECT_EQ(one.started + other.started, 1);
}

TEST_F(SimulatedOutage, what_a_process_that_stands_still_has_in_hand_is_given_to_another) {
  const Worker first(simulation, "worker", 30s);
  home->bus().cast("work", work("1"));
  pass(10s);
  const Worker second(simulation, "worker", 30s);

  first.process->pause(5min);
  EXPECT_TRUE(first.process->paused());
  pass(2min);
  EXPECT_EQ(second.done, 1);
  EXPECT_EQ(first.done, 0);

  pass(10min);
  EXPECT_FALSE(first.process->paused());
  EXPECT_EQ(first.done, 1);
}

TEST_F(SimulatedOutage, a_database_that_is_back_soon_was_only_slow) {
  simulation.prepare_database("test", [](Database& database) {
    database.write("schema", [](Session& session) {
      session.execute("CREATE TABLE marks (id TEXT PRIMARY KEY)", {});
    });
  });
  Database& database = home->database("test");
  const auto mark = [&] {
    database.write("mark", [](Session& session) {
      session.execute("INSERT INTO marks (id) VALUES ('1')", {});
    });
  };
  const auto count = [&] {
    return database.read(
        [](Session& session) { return number(session, "SELECT COUNT(*) FROM marks"); });
  };
  simulation.faults({.databases_away = {"test"}});
  EXPECT_EQ(run(mark), base::ErrorKind::unavailable);
  EXPECT_EQ(run([&] { (void)count(); }), base::ErrorKind::unavailable);

  simulation.faults({.databases_away = {"another"}});
  EXPECT_EQ(count(), 0);

  simulation.faults({.cut_from_database = {"home"}});
  bool written = false;
  const auto task = home->runtime().executor.start("mark", [&] {
    mark();
    written = true;
  });
  pass(5s);
  EXPECT_FALSE(written);
  simulation.faults({});
  pass(5s);
  EXPECT_TRUE(written);
}

TEST_F(SimulatedOutage, requests_can_be_cut_in_one_direction) {
  const auto server = simulation.make_process("server");
  const auto answer = [](http::Request&) {
    return http::Response{.status = 204, .headers = {}, .body = {}, .stream = nullptr};
  };
  server->serve("http://server", answer);
  home->serve("http://home", answer);
  simulation.faults({.cut_requests = {{"home", "server"}}});

  EXPECT_EQ(run([&] { (void)home->transport().send("http://server", {}, 10s); }),
            base::ErrorKind::unavailable);
  int status = 0;
  const auto task = server->runtime().executor.start(
      "client", [&] { status = server->transport().send("http://home", {}, 10s).status; });
  pass(10s);
  EXPECT_EQ(status, 204);
}

}  // namespace
}  // namespace platform
