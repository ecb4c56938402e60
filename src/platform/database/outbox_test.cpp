#include "platform/database/outbox.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "platform/database/database_under_test.hpp"
#include "platform/database/migration.hpp"
#include "platform/database/rows.hpp"
#include "platform/simulation/simulation.hpp"

namespace platform {
namespace {

using namespace std::chrono_literals;

constexpr Migration kOutboxSchema[] = {
    {1, "0001_outbox",
     "CREATE TABLE outbox (id VARCHAR(64) PRIMARY KEY, topic TEXT NOT NULL, message TEXT NOT NULL, "
     "created_at BIGINT NOT NULL);\n"
     "CREATE TABLE leases (name VARCHAR(64) PRIMARY KEY, holder TEXT NOT NULL, expires_at BIGINT "
     "NOT NULL);\n"}};

// Notes what is cast and settles when the test says so.
class NotingBus final : public Bus {
 public:
  base::Json call(const std::string&, Message, base::Duration) override { return nullptr; }
  void cast(const std::string& topic, Message message, std::function<void()> settled) override {
    if (message.id == refused) throw base::Error(base::ErrorKind::unavailable, "no");
    casts.push_back(topic + " " + message.id);
    if (settles_at_once)
      settled();
    else
      unsettled.push_back(std::move(settled));
  }
  void fanout(const std::string&, Message) override {}
  std::unique_ptr<Subscription> subscribe(const std::string&, MessageHandler,
                                          SubscribeOptions) override {
    return nullptr;
  }
  std::unique_ptr<Subscription> subscribe_fanout(const std::string&, MessageHandler,
                                                 SubscribeOptions) override {
    return nullptr;
  }

  [[nodiscard]] bool keeps_casts() const override { return keeps; }
  [[nodiscard]] bool reaches_broker() const override { return reachable; }

  bool keeps = false;
  bool reachable = true;
  bool settles_at_once = true;
  std::string refused;
  std::vector<std::string> casts;
  std::vector<std::function<void()>> unsettled;
};

// On virtual time.
class OutboxTest : public DatabaseUnderTest {
 protected:
  void SetUp() override {
    DatabaseUnderTest::SetUp();
    if (!database_) return;
    migrate(*database_, kOutboxSchema);
    process = simulation.make_process("host");
    relay = std::make_unique<OutboxRelay>(process->runtime(), database(), bus);
  }
  void TearDown() override {
    relay.reset();
    DatabaseUnderTest::TearDown();
  }

  Database& database() { return *database_; }
  void put(const std::string& id) {
    database().write("put", [&](Session& session) {
      enqueue(session, "topic", {id, "Type", 1, "req-1", nullptr, base::JsonObject{{"key", id}}},
              base::TimePoint{});
    });
  }
  // As a process that dies after its commit.
  void leave(const std::string& id, base::Duration at = 0s) {
    const Message message{id, "Type", 1, "req-1", nullptr, base::JsonObject{{"key", id}}};
    database().write("leave", [&](Session& session) {
      session.execute("INSERT INTO outbox (id, topic, message, created_at) VALUES (?,?,?,?)",
                      {id, "topic", to_wire(message), base::TimePoint{at}});
    });
  }
  int64_t rows() {
    return database().read(
        [](Session& session) { return number(session, "SELECT COUNT(*) FROM outbox"); });
  }
  void pass(base::Duration time) {
    simulation.run_until([] { return false; }, time);
  }

  Simulation simulation{1};
  std::unique_ptr<SimulatedProcess> process;
  NotingBus bus;
  std::unique_ptr<OutboxRelay> relay;
};

INSTANTIATE_TEST_SUITE_P(, OutboxTest, kEveryDatabase, name_of);

TEST_P(OutboxTest, publishes_what_is_committed_at_once_and_forgets_what_is_settled) {
  put("b");
  put("a");
  EXPECT_EQ(bus.casts, (std::vector<std::string>{"topic b", "topic a"}));

  pass(2s);
  EXPECT_EQ(rows(), 0);
}

TEST_P(OutboxTest, publishes_what_others_left_oldest_first) {
  leave("a", 2s);
  leave("b", 1s);
  pass(4s);

  EXPECT_EQ(bus.casts, (std::vector<std::string>{"topic b", "topic a"}));
  EXPECT_EQ(rows(), 0);
}

TEST_P(OutboxTest, what_was_rolled_back_is_not_published) {
  EXPECT_THROW(database().write("put",
                                [&](Session& session) {
                                  enqueue(session, "topic", {"a", "Type", 1, "", nullptr, nullptr},
                                          base::TimePoint{});
                                  throw std::runtime_error("no");
                                }),
               std::runtime_error);
  pass(3s);
  EXPECT_TRUE(bus.casts.empty());
}

TEST_P(OutboxTest, what_is_not_settled_stays_and_is_published_again_after_a_minute) {
  bus.settles_at_once = false;
  put("a");
  pass(55s);
  EXPECT_EQ(bus.casts.size(), 1U);
  EXPECT_EQ(rows(), 1);

  pass(10s);
  EXPECT_EQ(bus.casts.size(), 2U);

  bus.unsettled.back()();
  pass(2s);
  EXPECT_EQ(rows(), 0);
}

TEST_P(OutboxTest, a_bus_that_keeps_casts_gets_each_once) {
  bus.keeps = true;
  bus.settles_at_once = false;
  put("a");
  pass(1h);
  EXPECT_EQ(bus.casts.size(), 1U);
}

TEST_P(OutboxTest, one_message_that_cannot_be_published_does_not_stop_the_others) {
  bus.refused = "bad";
  leave("bad", 1s);
  leave("good", 2s);
  pass(3s);
  EXPECT_EQ(bus.casts, std::vector<std::string>{"topic good"});

  bus.refused = "";
  pass(2min);
  EXPECT_EQ(rows(), 0);
}

TEST_P(OutboxTest, more_than_one_batch_goes_at_once) {
  for (int i = 0; i < 250; ++i) leave(std::to_string(i));
  pass(4s);
  EXPECT_EQ(bus.casts.size(), 250U);
  EXPECT_EQ(rows(), 0);
}

TEST_P(OutboxTest, settling_after_the_relay_has_gone_is_harmless) {
  bus.settles_at_once = false;
  put("a");
  pass(2s);
  relay.reset();
  bus.unsettled.back()();
  EXPECT_EQ(rows(), 1);
}

TEST_P(OutboxTest, one_relay_at_a_time_publishes) {
  const auto other_process = simulation.make_process("other");
  const OutboxRelay other(other_process->runtime(), database(), bus);
  for (int i = 0; i < 20; ++i) leave("m" + std::to_string(i));
  pass(20s);

  EXPECT_EQ(bus.casts.size(), 20U);
  EXPECT_EQ(rows(), 0);
}

TEST_P(OutboxTest, another_relay_follows_when_the_leader_has_ended) {
  pass(2s);
  const auto other_process = simulation.make_process("other");
  const OutboxRelay other(other_process->runtime(), database(), bus);
  pass(2s);
  relay.reset();
  leave("a");
  pass(3s);

  EXPECT_EQ(bus.casts, (std::vector<std::string>{"topic a"}));
}

TEST_P(OutboxTest, another_relay_follows_within_the_lease_when_the_leader_has_died) {
  pass(2s);
  const auto other_process = simulation.make_process("other");
  const OutboxRelay other(other_process->runtime(), database(), bus);
  pass(2s);
  process->kill();
  leave("a");
  pass(12s);

  EXPECT_EQ(bus.casts, (std::vector<std::string>{"topic a"}));
}

TEST_P(OutboxTest, another_relay_follows_when_the_leader_has_no_broker) {
  pass(2s);
  NotingBus other_bus;
  const auto other_process = simulation.make_process("other");
  const OutboxRelay other(other_process->runtime(), database(), other_bus);
  pass(2s);
  bus.reachable = false;
  leave("a");
  pass(4s);

  EXPECT_TRUE(bus.casts.empty());
  EXPECT_EQ(other_bus.casts, (std::vector<std::string>{"topic a"}));
}

TEST_P(OutboxTest, what_is_written_without_a_broker_goes_when_there_is_one) {
  bus.reachable = false;
  put("a");
  pass(1min);
  EXPECT_TRUE(bus.casts.empty());

  bus.reachable = true;
  pass(4s);
  EXPECT_EQ(bus.casts, (std::vector<std::string>{"topic a"}));
}

TEST_P(OutboxTest, what_its_writer_publishes_is_not_the_leaders) {
  pass(2s);
  NotingBus other_bus;
  other_bus.settles_at_once = false;
  const auto other_process = simulation.make_process("other");
  const OutboxRelay other(other_process->runtime(), database(), other_bus);
  put("a");
  pass(500ms);
  other_bus.unsettled.back()();
  pass(10s);

  EXPECT_EQ(other_bus.casts, (std::vector<std::string>{"topic a"}));
  EXPECT_TRUE(bus.casts.empty());
  EXPECT_EQ(rows(), 0);
}

}  // namespace
}  // namespace platform
