// The bus over a real broker.
#include "platform/bus/rabbitmq.hpp"

#include <csignal>

#include "platform/bus/bus_conformance.hpp"
#include "platform/bus/delivery.hpp"
#include "platform/bus/rabbitmq_broker.hpp"
#include "platform/bus/rabbitmq_connection.hpp"
#include "platform/bus/rabbitmq_queues.hpp"
#include "platform/bus/rabbitmq_topology.hpp"

namespace platform {

INSTANTIATE_TEST_SUITE_P(RabbitMQ, BusConformance,
                         testing::Values([](Runtime runtime) -> std::unique_ptr<Bus> {
                           const auto* broker = rabbitmq::shared_broker();
                           if (broker == nullptr) return nullptr;
                           return make_rabbitmq_bus(std::move(runtime),
                                                    rabbitmq::options_for(*broker));
                         }));

namespace rabbitmq {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

class RabbitmqBus : public testing::Test {
 protected:
  void SetUp() override {
    if (shared_broker() == nullptr) GTEST_SKIP() << "rabbitmq-server is not installed";
    options_ = options_for(*shared_broker());
    bus_ = make_rabbitmq_bus(runtime(), options_);
  }
  // As another process of the cloud, which keeps what it takes.
  std::unique_ptr<Connection> connect() {
    return std::make_unique<Connection>(options_, options_.url.brokers.front(), "test");
  }
  void take_one_and_die(const std::string& topic) {
    const auto other = connect();
    other->consume(Names(options_).casts(topic), "other", 1);
    ASSERT_TRUE(eventually([&] { return other->next().has_value(); }));
  }

  static std::vector<DeadLetter> wait_for_letters(Queues& queues, size_t count) {
    std::vector<DeadLetter> letters;
    EXPECT_TRUE(eventually(
        [&] {
          system_executor().sleep_for(50ms);
          return (letters = queues.list_dead_letters()).size() == count;
        },
        60s));
    return letters;
  }

  RabbitmqOptions options_;
  std::unique_ptr<Bus> bus_;
};

TEST_F(RabbitmqBus, ACallPastItsTimeoutFailsAndItsLateAnswerIsDropped) {
  const auto go_on = system_executor().make_event();
  std::atomic<int> handled = 0;
  const auto subscription = bus_->subscribe("conductor",
                                            [&](const Message& message) -> base::Json {
                                              if (text_of(message) == "slow")
                                                go_on->wait_until(kNever);
                                              ++handled;
                                              return base::Json(text_of(message) + "!");
                                            },
                                            {.role = "nova-conductor"});
  EXPECT_EQ(kind_of_failure([&] { (void)bus_->call("conductor", make_text("slow"), 200ms); }),
            base::ErrorKind::timeout);
  go_on->set();
  ASSERT_TRUE(eventually([&] { return handled == 1; }));
  EXPECT_EQ(bus_->call("conductor", make_text("next"), 10s), "next!");
}

// The first caller reads for all. Others go on when it gives up, and confirms come meanwhile.
TEST_F(RabbitmqBus, WhoWaitsForAnAnswerReadsForOthers) {
  const auto go_on = system_executor().make_event();
  const auto subscription = bus_->subscribe("conductor",
                                            [&](const Message& message) -> base::Json {
                                              if (text_of(message) == "slow")
                                                go_on->wait_until(kNever);
                                              if (text_of(message) == "later")
                                                system_executor().sleep_for(600ms);
                                              return base::Json(text_of(message) + "!");
                                            },
                                            {.role = "nova-conductor", .concurrency = 4});
  std::atomic<bool> has_given_up = false, is_answered = false, is_settled = false;
  const auto first = system_executor().start("first", [&] {
    EXPECT_EQ(kind_of_failure([&] { (void)bus_->call("conductor", make_text("slow"), 300ms); }),
              base::ErrorKind::timeout);
    has_given_up = true;
  });
  const auto second = system_executor().start("second", [&] {
    EXPECT_EQ(bus_->call("conductor", make_text("later"), 20s), "later!");
    is_answered = true;
  });
  bus_->cast("conductor", make_text("cast"), [&] { is_settled = true; });
  EXPECT_TRUE(eventually([&] { return is_settled.load(); }));
  EXPECT_TRUE(eventually([&] { return has_given_up && is_answered; }));
  go_on->set();
  EXPECT_EQ(bus_->call("conductor", make_text("next"), 10s), "next!");
}

TEST_F(RabbitmqBus, ACallThatNobodyTookInTimeIsNotHandledLater) {
  const auto begun = system_executor().make_event();
  const auto go_on = system_executor().make_event();
  Seen seen;
  const auto subscription = bus_->subscribe("conductor",
                                            [&](const Message& message) -> base::Json {
                                              seen.add(text_of(message));
                                              if (text_of(message) == "first") {
                                                begun->set();
                                                go_on->wait_until(kNever);
                                              }
                                              return nullptr;
                                            },
                                            {.role = "nova-conductor", .concurrency = 1});
  const auto caller = system_executor().start(
      "caller", [&] { (void)bus_->call("conductor", make_text("first"), 20s); });
  begun->wait_until(kNever);
  EXPECT_EQ(kind_of_failure([&] { (void)bus_->call("conductor", make_text("late"), 200ms); }),
            base::ErrorKind::timeout);
  // The receiver's side counts the 200 ms from when it got the message, a little later.
  std::this_thread::sleep_for(2s);
  go_on->set();
  (void)bus_->call("conductor", make_text("last"), 10s);
  EXPECT_EQ(seen.all(), (Strings{"first", "last"}));
}

TEST_F(RabbitmqBus, APoisonedMessageBecomesADeadLetterAndCanBeRequeued) {
  std::atomic<bool> cured = false;
  Seen seen;
  const auto subscription = bus_->subscribe("compute.host1",
                                            [&](const Message& message) -> base::Json {
                                              if (!cured)
                                                throw base::Error(base::ErrorKind::conflict,
                                                                  "It is in use.", "by a test");
                                              seen.add(text_of(message));
                                              return nullptr;
                                            },
                                            {.role = "nova-compute"});
  Queues queues(options_);
  bus_->cast("compute.host1", make_text("poison"));
  bus_->cast("compute.host1", make_text("other"));
  std::vector<DeadLetter> letters = wait_for_letters(queues, 2);
  const auto poison = std::find_if(letters.begin(), letters.end(), [](const DeadLetter& letter) {
    return letter.id == "id-poison";
  });
  ASSERT_NE(poison, letters.end());
  EXPECT_EQ(poison->topic, "compute.host1");
  EXPECT_EQ(poison->type, "Text");
  EXPECT_EQ(poison->tries, 5);
  EXPECT_EQ(poison->error, "It is in use. (by a test)");
  EXPECT_EQ(poison->message, to_wire(make_text("poison")));

  cured = true;
  EXPECT_EQ(queues.requeue([](const DeadLetter& letter) { return letter.id == "id-poison"; }), 1u);
  EXPECT_TRUE(eventually([&] { return seen.all() == Strings{"poison"}; }));
  letters = queues.list_dead_letters();
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters.front().id, "id-other");
}

TEST_F(RabbitmqBus, WhatIsNoMessageBecomesADeadLetterAtOnce) {
  const auto subscription = bus_->subscribe(
      "compute", [](const Message&) -> base::Json { return nullptr; }, {.role = "nova-compute"});
  const Names names(options_);
  Properties odd;
  odd.message_id = "odd";
  const auto other = connect();
  other->publish(names.exchange(), names.casts("compute"), odd, "nonsense", false);
  Queues queues(options_);
  const std::vector<DeadLetter> letters = wait_for_letters(queues, 1);
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters.front().message, "nonsense");
}

TEST_F(RabbitmqBus, AMessageThatKillsEachProcessBecomesADeadLetter) {
  std::atomic<int> settled = 0;
  bus_->cast("compute", make_text("killer"), [&] { ++settled; });
  ASSERT_TRUE(eventually([&] { return settled == 1; }));
  for (int death = 0; death < 21; ++death) take_one_and_die("compute");
  Queues queues(options_);
  const std::vector<DeadLetter> letters = wait_for_letters(queues, 1);
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters.front().id, "id-killer");
  EXPECT_EQ(letters.front().topic, "compute");
  EXPECT_NE(letters.front().error.find("died"), std::string::npos);
}

TEST_F(RabbitmqBus, ATopicMayHaveTheNameOfTheExchange) {
  Seen seen;
  const auto subscription =
      bus_->subscribe(options_.exchange, seen.handler(), {.role = "glance-api"});
  bus_->cast(options_.exchange, make_text("a"));
  EXPECT_TRUE(eventually([&] { return seen.size() == 1; }));
}

TEST_F(RabbitmqBus, TheStateOfATopicIsSeen) {
  Queues queues(options_);
  EXPECT_FALSE(queues.find_topic("compute.host1"));
  std::atomic<int> settled = 0;
  bus_->cast("compute.host1", make_text("a"), [&] { ++settled; });
  bus_->cast("compute.host1", make_text("b"), [&] { ++settled; });
  ASSERT_TRUE(eventually([&] { return settled == 2; }));
  ASSERT_TRUE(eventually([&] {
    const auto state = queues.find_topic("compute.host1");
    return state && state->casts == 2;
  }));
  EXPECT_EQ(queues.find_topic("compute.host1")->cast_consumers, 0u);
  Seen seen;
  const auto subscription =
      bus_->subscribe("compute.host1", seen.handler(), {.role = "nova-compute"});
  EXPECT_TRUE(eventually([&] {
    const auto state = queues.find_topic("compute.host1");
    return state->casts == 0 && state->cast_consumers == 1 && state->call_consumers == 1;
  }));
}

// The handler of a child process ends it by SIGKILL.
TEST_F(RabbitmqBus, ACastOfAProcessThatIsKilledGoesToAnotherOne) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const char* variable = "NEPHELE_TEST_PREFIX";
  // NOLINTBEGIN(concurrency-mt-unsafe): the child inherits it
  if (const char* given = std::getenv(variable))
    options_.name_prefix = given;
  else
    ::setenv(variable, options_.name_prefix.c_str(), 1);
  // NOLINTEND(concurrency-mt-unsafe)
  bus_ = make_rabbitmq_bus(runtime(), options_);
  EXPECT_EXIT(
      {
        const auto subscription = bus_->subscribe("compute",
                                                  [](const Message&) -> base::Json {
                                                    ::raise(SIGKILL);
                                                    return nullptr;
                                                  },
                                                  {.role = "nova-compute"});
        bus_->cast("compute", make_text("survivor"));
        system_executor().sleep_for(20s);
      },
      testing::KilledBySignal(SIGKILL), "");
  ::unsetenv(variable);  // NOLINT(concurrency-mt-unsafe)
  Seen seen;
  const auto subscription = bus_->subscribe("compute", seen.handler(), {.role = "nova-compute"});
  EXPECT_TRUE(eventually([&] { return seen.all() == Strings{"survivor"}; }));
}

TEST_F(RabbitmqBus, HeartbeatsGoOnWhileAHandlerTakesLong) {
  options_.heartbeat = 1s;
  bus_ = make_rabbitmq_bus(runtime(), options_);
  Seen seen;
  const auto subscription = bus_->subscribe("compute",
                                            [&](const Message& message) -> base::Json {
                                              seen.add(text_of(message));
                                              system_executor().sleep_for(4s);
                                              return base::Json("done");
                                            },
                                            {.role = "nova-compute"});
  EXPECT_EQ(bus_->call("compute", make_text("long"), 20s), "done");
  EXPECT_EQ(seen.size(), 1u);
}

TEST_F(RabbitmqBus, ItSpeaksTls) {
  const std::string tls = shared_broker()->directory() + "/tls";
  options_.url.tls = true;
  options_.url.brokers.front().host = "localhost";
  ++options_.url.brokers.front().port;
  options_.tls_ca_file = tls + "/ca.pem";
  options_.tls_cert_file = tls + "/client.pem";
  options_.tls_key_file = tls + "/client.key";
  bus_ = make_rabbitmq_bus(runtime(), options_);
  const auto subscription = bus_->subscribe(
      "conductor", [](const Message& message) { return base::Json(text_of(message) + "!"); },
      {.role = "nova-conductor"});
  EXPECT_EQ(bus_->call("conductor", make_text("a"), 10s), "a!");

  const auto said = [&](const std::string& ca_file) {
    RabbitmqOptions options = options_;
    options.tls_ca_file = ca_file;
    try {
      check_broker(options);
      return std::string("it was let in");
    } catch (const base::Error& error) {
      return std::string(error.what());
    }
  };
  // Others' authorities, the system's, and none.
  for (const std::string& file : {tls + "/stranger.pem", std::string(), tls + "/missing.pem"}) {
    EXPECT_NE(said(file).find("ssl_ca_file in [oslo_messaging_rabbit]"), std::string::npos)
        << said(file);
  }
  // A broker that the certificate is not for.
  options_.url.brokers.front().host = "127.0.0.1";
  EXPECT_NE(said(tls + "/ca.pem").find("for the broker's name"), std::string::npos)
      << said(tls + "/ca.pem");
}

TEST_F(RabbitmqBus, ARefusedPasswordIsNotTold) {
  options_.url.brokers.front().password = "not-the-password";
  try {
    Queues queues(options_);
    FAIL();
  } catch (const base::Error& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("as nephele"), std::string::npos) << text;
    EXPECT_EQ(text.find("not-the-password"), std::string::npos) << text;
  }
}

TEST_F(RabbitmqBus, ACheckTellsARefusalFromABrokerThatIsNotThere) {
  check_broker(options_);
  const auto failure = [&](auto change) {
    RabbitmqOptions options = options_;
    change(options.url);
    try {
      check_broker(options);
      return std::string();
    } catch (const base::Error& error) {
      return fmt::format("{}: {}", base::to_text(error.kind()), error.what());
    }
  };
  const std::string password = failure([](TransportUrl& url) { url.brokers[0].password = "x"; });
  EXPECT_TRUE(password.starts_with("bad_request: ")) << password;
  EXPECT_NE(password.find("user, password or virtual host of transport_url"), std::string::npos);
  const std::string host = failure([](TransportUrl& url) { url.virtual_host = "none"; });
  EXPECT_TRUE(host.starts_with("bad_request: ")) << host;
  const std::string nobody = failure([](TransportUrl& url) { url.brokers[0].port = 1; });
  EXPECT_TRUE(nobody.starts_with("unavailable: ")) << nobody;
  EXPECT_NE(nobody.find("127.0.0.1:1"), std::string::npos) << nobody;
}

TEST_F(RabbitmqBus, AMessageOfANewerVersionIsKeptForAProgramThatKnowsIt) {
  Seen seen;
  auto newer = make_text("newer");
  newer.version = 2;
  const auto handler = [&](int version) {
    return [&seen, version](const Message& message) -> base::Json {
      check_version(message, version);
      seen.add(text_of(message));
      return nullptr;
    };
  };
  auto older = bus_->subscribe("compute", handler(1), {.role = "nova-compute"});
  bus_->cast("compute", newer);
  Queues queues(options_);
  const std::vector<DeadLetter> letters = wait_for_letters(queues, 1);
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters.front().error,
            "Version 2 of Text is newer than version 1, which is known here: bring this role to "
            "the version of the others, then `nephele queue requeue`.");
  older.reset();

  const auto upgraded = bus_->subscribe("compute", handler(2), {.role = "nova-compute"});
  EXPECT_EQ(queues.requeue([](const DeadLetter&) { return true; }), 1u);
  EXPECT_TRUE(eventually([&] { return seen.all() == Strings{"newer"}; }));
}

TEST_F(RabbitmqBus, TheNextBrokerOfTheListIsTried) {
  TransportUrl::Broker dead = options_.url.brokers.front();
  dead.port = 1;
  options_.url.brokers.insert(options_.url.brokers.begin(), dead);
  bus_ = make_rabbitmq_bus(runtime(), options_);
  const auto subscription = bus_->subscribe(
      "conductor", [](const Message&) { return base::Json("here"); }, {.role = "nova-conductor"});
  EXPECT_EQ(bus_->call("conductor", make_text("a"), 10s), "here");
}

TEST_F(RabbitmqBus, WithoutABrokerACallFailsAndACastWaits) {
  options_.url.brokers.front().port = 1;
  const auto cut_off = make_rabbitmq_bus(runtime(), options_);
  std::atomic<int> settled = 0;
  cut_off->cast("compute", make_text("a"), [&] { ++settled; });
  EXPECT_EQ(kind_of_failure([&] { (void)cut_off->call("conductor", make_text("a"), 200ms); }),
            base::ErrorKind::unavailable);
  EXPECT_EQ(settled, 0);
}

}  // namespace
}  // namespace rabbitmq
}  // namespace platform
