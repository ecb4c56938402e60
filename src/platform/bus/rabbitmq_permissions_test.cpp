// A broker on which two compute hosts and a network host have users of their own: what each may do
// there, with its credentials and a client that keeps to no rule.
#include "platform/bus/rabbitmq_permissions.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "platform/bus/bus_conformance.hpp"
#include "platform/bus/dispatcher.hpp"
#include "platform/bus/rabbitmq_broker.hpp"
#include "platform/bus/rabbitmq_connection.hpp"
#include "platform/bus/rabbitmq_queues.hpp"
#include "platform/bus/rabbitmq_sender.hpp"
#include "platform/bus/rabbitmq_topology.hpp"

namespace platform::rabbitmq {
namespace {

using namespace std::chrono_literals;

struct HostFound {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(HostFound, (), (text))

struct TellHost {
  using Reply = HostFound;
  static constexpr std::string_view kType = "TellHost";
  static constexpr int kVersion = 1;
  static constexpr auto kSenders = Senders::compute_hosts;
  std::string host;
};
BOOST_DESCRIBE_STRUCT(TellHost, (), (host))

struct Build {
  static constexpr std::string_view kType = "Build";
  static constexpr int kVersion = 1;
  std::string server;
};
BOOST_DESCRIBE_STRUCT(Build, (), (server))

template <class T>
Message make(const T& body) {
  return make_message(system_random().uuid(), "req-1", base::JsonObject{}, body);
}

TEST(FirstSender, IsWhomTheBrokerVouchesForWhateverAHostClaims) {
  const std::set<std::string> own{"compute-a"};
  const auto sender = [&](const std::string& user, std::map<std::string, std::string> headers) {
    Properties properties;
    properties.user_id = user;
    properties.headers = std::move(headers);
    return first_sender(properties, own);
  };
  EXPECT_EQ(sender("", {}), "");
  EXPECT_EQ(sender("nova", {}), "nova");
  EXPECT_EQ(sender("compute-b", {{kSenderHeader, "nova"}}), "compute-b");
  EXPECT_EQ(sender("", {{kSenderHeader, "nova"}}), "");
  // What this process failed to do before.
  EXPECT_EQ(sender("compute-a", {{kSenderHeader, "nova"}}), "nova");
  // An operator sent it again: what this host, or another, had given up.
  EXPECT_EQ(sender("nova", {{kGivenUpByHeader, "compute-a"}, {kSenderHeader, "nova"}}), "nova");
  EXPECT_EQ(sender("nova", {{kGivenUpByHeader, "compute-b"}, {kSenderHeader, "nova"}}),
            "compute-b");
  EXPECT_EQ(sender("nova", {{kGivenUpByHeader, ""}, {kSenderHeader, "nova"}}), "");
  EXPECT_EQ(sender("nova", {{kSenderHeader, ""}}), "");
}

TEST(SenderOfUser, TellsHostsFromTheControlPlane) {
  EXPECT_FALSE(sender_of_user("nova").is_host());
  EXPECT_EQ(sender_of_user("compute-node-1").host, "node-1");
  EXPECT_EQ(sender_of_user("network-node1").of, Sender::Class::network);
  EXPECT_THROW((void)sender_of_user(""), base::Error);
  EXPECT_THROW((void)sender_of_user("compute-"), base::Error);
}

// The users are made once, by one run of rabbitmqctl: each costs seconds. Their names are the
// same in each run of these tests, so that on a broker of many runs one waits for the other.
class HostUsers : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (shared_broker() == nullptr) return;
    turn_ = ::open((shared_broker()->directory() + "/host-users").c_str(),
                   O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    ASSERT_EQ(::flock(turn_, LOCK_EX), 0);
    control_ = options_for(*shared_broker());
    const auto compute = [](const std::string& host) {
      return HostUser{"compute-" + host,
                      "secret",
                      {{"nova", {"compute." + host}, {"conductor"}, {"q-agent-notifier"}}}};
    };
    const std::vector<HostUser> users{
        compute("a"), compute("b"), {"network-n", "secret", {{"nova", {}, {"q-plugin"}, {}}}}};
    const std::string file = shared_broker()->directory() + "/definitions.json";
    std::ofstream(file) << write_definitions("/", users, system_random(), control_.name_prefix);
    shared_broker()->control({"import_definitions", file});
  }
  static void TearDownTestSuite() {
    if (turn_ >= 0) ::close(turn_);
  }
  void SetUp() override {
    if (shared_broker() == nullptr) GTEST_SKIP() << "rabbitmq-server is not installed";
  }

  static RabbitmqOptions options_of(const std::string& user) {
    RabbitmqOptions options = control_;
    options.url.brokers.front().user = user;
    options.url.brokers.front().password = "secret";
    return options;
  }
  static std::unique_ptr<Bus> bus_of(const std::string& user) {
    return make_rabbitmq_bus(runtime(), user.empty() ? control_ : options_of(user));
  }
  static std::string topic(const std::string& name) { return control_.name_prefix + name; }

  // As a compromised host: its credentials and nothing else. True: the broker let it.
  static bool may(const std::string& user, const std::function<void(Connection&)>& attempt) {
    const RabbitmqOptions options = options_of(user);
    try {
      Connection connection(options, options.url.brokers.front(), "attacker");
      connection.select_confirms();
      attempt(connection);
      // What is refused asynchronously ends the channel.
      (void)connection.find_queue(Names(options).dead());
      return true;
    } catch (const base::Error& error) {
      EXPECT_NE(error.detail().find("ACCESS_REFUSED"), std::string::npos) << error.what();
      return false;
    }
  }

  static inline RabbitmqOptions control_;
  static inline int turn_ = -1;
};

TEST_F(HostUsers, AHostWorksWithItsOwnCredentials) {
  const auto control = bus_of("");
  const auto host = bus_of("compute-a");
  Dispatcher conductor;
  conductor.on<TellHost>([](const Message& message, const TellHost& asked) {
    return HostFound{message.sender.user + " asks about " + asked.host};
  });
  const auto conducting = control->subscribe("conductor", conductor, {.role = "nova-conductor"});
  std::atomic<int> tries = 0;
  std::atomic<int> built = 0;
  Dispatcher compute;
  compute.on<Build>([&](const Message& message, const Build&) {
    EXPECT_FALSE(message.sender.is_host()) << message.sender.user;
    if (++tries == 1) throw base::Error(base::ErrorKind::unavailable, "not yet");
    ++built;
  });
  const auto computing = host->subscribe("compute.a", compute, {.role = "nova-compute"});
  std::atomic<int> heard = 0;
  const auto hearing = host->subscribe_fanout("q-agent-notifier",
                                              [&](const Message&) -> base::Json {
                                                ++heard;
                                                return nullptr;
                                              },
                                              {.role = "agent"});

  EXPECT_EQ(call<TellHost>(*host, "conductor", make(TellHost{"a"}), 20s).text,
            "compute-a asks about a");
  control->cast("compute.a", make(Build{"s"}));
  control->fanout("q-agent-notifier", make(Build{"s"}));
  // The first try fails: the host itself sends it again, still in the name of who sent it first.
  EXPECT_TRUE(eventually([&] { return built == 1 && heard == 1; }, 30s));
}

TEST_F(HostUsers, AHostSpeaksForItselfOnly) {
  const auto control = bus_of("");
  Dispatcher conductor;
  conductor.on<TellHost>([](const Message&, const TellHost&) { return HostFound{"secrets of a"}; })
      .on<Build>([](const Message&, const Build&) { ADD_FAILURE() << "accepted from a host"; });
  const auto conducting = control->subscribe("conductor", conductor, {.role = "nova-conductor"});
  const auto kind_of = [&](Bus& bus, Message message) {
    return kind_of_failure([&] { (void)bus.call("conductor", std::move(message), 20s); });
  };
  const auto compute = bus_of("compute-b");
  EXPECT_EQ(kind_of(*compute, make(TellHost{"a"})), base::ErrorKind::forbidden);
  EXPECT_EQ(kind_of(*compute, make(Build{"s"})), base::ErrorKind::forbidden);
}

TEST_F(HostUsers, AHostReachesNothingOfOthers) {
  const auto control = bus_of("");
  const auto other = bus_of("compute-a");
  std::atomic<int> arrived = 0;
  const auto count = [&](const Message&) -> base::Json { return ++arrived; };
  const auto computing = other->subscribe("compute.a", count, {.role = "nova-compute"});
  const auto scheduling = control->subscribe("scheduler", count, {.role = "nova-scheduler"});
  const auto conducting = control->subscribe("conductor", count, {.role = "nova-conductor"});
  const Names names(control_);
  const std::string build = to_wire(make(Build{"s"}));
  const auto publish = [&](const std::string& exchange, const std::string& key) {
    return may("compute-b", [&](Connection& connection) {
      Properties properties;
      properties.persistent = true;
      connection.publish(exchange, key, properties, build, false);
    });
  };
  // To topics of other hosts and of the control plane; by way of retries, dead letters, fanouts and
  // the default exchange, too.
  for (const char* key : {"compute.a", "compute.a_calls", "scheduler", "scheduler_calls",
                          "conductor", "compute.b", "reply_compute-a_0"})
    EXPECT_FALSE(publish(names.exchange(), topic(key))) << key;
  EXPECT_FALSE(publish(names.retry(200ms), topic("compute.a")));
  EXPECT_FALSE(publish(names.dead(), topic("scheduler")));
  EXPECT_FALSE(publish(names.fanout("q-agent-notifier"), ""));
  EXPECT_FALSE(publish("", topic("compute.a")));
  EXPECT_TRUE(publish(names.exchange(), topic("conductor_calls")));
  // What others get.
  const auto consume = [&](const std::string& queue) {
    return may("compute-b", [&](Connection& connection) { connection.consume(queue, "x", 1); });
  };
  EXPECT_FALSE(consume(topic("compute.a")));
  EXPECT_FALSE(consume(topic("compute.a_calls")));
  EXPECT_FALSE(consume(topic("scheduler")));
  EXPECT_FALSE(consume(names.dead()));
  EXPECT_FALSE(consume(names.retry(200ms)));
  for (const char* key : {"compute.a", "#", "*.*", "conductor_calls", "reply_compute-a_0"})
    EXPECT_FALSE(may("compute-b", [&](Connection& connection) {
      // One each: the broker takes its time to remove that of a connection that has ended.
      const std::string own = topic("reply_compute-b_0_" + runtime().random.uuid());
      connection.declare_queue(
          {.name = own, .exclusive = true, .auto_delete = true, .arguments = {}});
      connection.bind(own, names.exchange(), topic(key));
    })) << key;
  EXPECT_FALSE(may("compute-b", [&](Connection& connection) {
    connection.bind(topic("compute.a"), names.exchange(), topic("compute.b"));
  }));
  EXPECT_FALSE(may("compute-b", [&](Connection& connection) {
    connection.declare_exchange(names.exchange(), "topic");
  }));
  EXPECT_FALSE(may("compute-b", [&](Connection& connection) {
    connection.declare_queue({.name = topic("compute.c"), .durable = true, .arguments = {}});
  }));
  // A network host has no topics of its own at all.
  EXPECT_FALSE(may("network-n", [&](Connection& connection) {
    Properties properties;
    connection.publish(names.exchange(), topic("conductor_calls"), properties, build, false);
  }));
  // What it may send, a call, said of no queue of its own that the answer is to go there.
  EXPECT_EQ(arrived, 0);
}

// Whatever a broker lets pass: who gets it knows from whom it is.
TEST_F(HostUsers, WhoSentACastIsKnownAfterItsRetriesAndItsDeath) {
  const auto control = bus_of("");
  Dispatcher scheduler;
  scheduler.on<Build>(
      [](const Message&, const Build&) { ADD_FAILURE() << "accepted from a host"; });
  const auto scheduling = control->subscribe("scheduler", scheduler, {.role = "nova-scheduler"});
  const auto options = options_of("compute-b");
  const Names names(options);
  const auto attempt = [&](bool by_retry) {
    // As if the broker's permissions were not set: by its user for all.
    Connection connection(control_, control_.url.brokers.front(), "operator");
    Properties properties;
    properties.persistent = true;
    properties.message_id = by_retry ? "retried" : "direct";
    properties.headers = {{kGivenUpByHeader, "compute-b"}, {kSenderHeader, "nova"}};
    connection.select_confirms();
    connection.publish(by_retry ? names.retry(200ms) : names.exchange(), topic("scheduler"),
                       properties, to_wire(make(Build{"s"})), true);
    (void)eventually([&] { return connection.next().has_value(); }, 10s);
  };
  attempt(false);
  attempt(true);
  Queues queues(control_);
  std::vector<DeadLetter> letters;
  EXPECT_TRUE(eventually(
      [&] {
        system_executor().sleep_for(50ms);
        return (letters = queues.list_dead_letters()).size() == 2;
      },
      60s));
  for (const DeadLetter& letter : letters) {
    EXPECT_NE(letter.error.find("not from compute-b"), std::string::npos) << letter.error;
    EXPECT_EQ(letter.tries, 1);
    EXPECT_EQ(letter.sender, "compute-b");
  }
  // Sent again by an operator it still is the host's.
  EXPECT_EQ(queues.requeue([](const DeadLetter&) { return true; }), 2U);
  EXPECT_TRUE(eventually(
      [&] {
        system_executor().sleep_for(50ms);
        return queues.list_dead_letters().size() == 2;
      },
      60s));
}

}  // namespace
}  // namespace platform::rabbitmq
