// What a lost connection or a killed broker may cost: nothing that was settled.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include <set>

#include "platform/bus/bus_conformance.hpp"
#include "platform/bus/rabbitmq_broker.hpp"
#include "platform/log.hpp"

namespace platform::rabbitmq {
namespace {

using namespace std::chrono_literals;

uint16_t peer_port(int descriptor) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
  if (address.ss_family != AF_INET) return 0;
  sockaddr_in inet{};
  std::memcpy(&inet, &address, sizeof inet);
  return ntohs(inet.sin_port);
}

// The sockets of this process to the broker.
std::set<int> connections(const TransportUrl& url) {
  std::set<int> all;
  for (int descriptor = 3; descriptor < 256; ++descriptor)
    if (peer_port(descriptor) == url.brokers.front().port) all.insert(descriptor);
  return all;
}

// Closes every connection of this process to the broker, but for those, from under its owner. How
// many these were.
int cut_connections(const TransportUrl& url, const std::set<int>& spared = {}) {
  int cut = 0;
  for (const int descriptor : connections(url))
    if (!spared.contains(descriptor) && ::shutdown(descriptor, SHUT_RDWR) == 0) ++cut;
  return cut;
}

// Casts, calls and fanouts without a pause, and what became of them.
class Traffic {
 public:
  explicit Traffic(Bus& bus) : bus_(bus) {
    const auto handler = [this](const Message& message) {
      handled_.add(text_of(message));
      return base::Json(text_of(message));
    };
    for (int i = 0; i < 2; ++i)
      subscriptions_.push_back(bus_.subscribe("compute", handler, {.role = "nova-compute"}));
    subscriptions_.push_back(
        bus_.subscribe_fanout("agents", fanouts_.handler(), {.role = "agent"}));
    tasks_.push_back(system_executor().start("casts", [this] { send_casts(); }));
    tasks_.push_back(system_executor().start("calls", [this] { send_calls(); }));
  }
  void end() {
    ending_ = true;
    tasks_.clear();
  }
  ~Traffic() { end(); }

  [[nodiscard]] size_t settled() const { return settled_count_; }
  [[nodiscard]] size_t sent() const { return sent_; }
  [[nodiscard]] int answered() const { return answered_; }
  [[nodiscard]] int wrong_answers() const { return wrong_answers_; }

  // Texts of casts that were settled and not handled.
  [[nodiscard]] std::vector<std::string> lost() const {
    const auto handled = handled_.all();
    const std::set<std::string> done(handled.begin(), handled.end());
    std::vector<std::string> texts;
    for (const std::string& text : settled_.all())
      if (!done.contains(text)) texts.push_back(text);
    return texts;
  }
  // A cast, a call and a fanout arrive again.
  [[nodiscard]] bool works() {
    const size_t fanouts = fanouts_.size();
    return eventually(
               [&] {
                 try {
                   return bus_.call("compute", make_text("call again"), 1s) == "call again";
                 } catch (const base::Error&) {
                   return false;
                 }
               },
               60s) &&
           eventually([&] {
             bus_.fanout("agents", make_text("fanout"));
             system_executor().sleep_for(20ms);
             return fanouts_.size() > fanouts;
           });
  }

 private:
  static constexpr size_t kMostUnsettled = 500;

  void send_casts() {
    while (!ending_) {
      system_executor().sleep_for(1ms);
      if (sent_ > settled_count_ + kMostUnsettled) continue;
      const std::string text = "cast " + std::to_string(sent_++);
      bus_.cast("compute", make_text(text), [this, text] {
        settled_.add(text);
        ++settled_count_;
      });
    }
  }
  void send_calls() {
    for (int i = 0; !ending_; ++i) {
      const std::string text = "call " + std::to_string(i);
      try {
        if (bus_.call("compute", make_text(text), 1s) == base::Json(text))
          ++answered_;
        else
          ++wrong_answers_;
      } catch (const base::Error&) {
        system_executor().sleep_for(10ms);
      }
    }
  }

  Bus& bus_;
  Seen handled_, settled_, fanouts_;
  std::atomic<bool> ending_ = false;
  std::atomic<size_t> sent_ = 0;
  std::atomic<size_t> settled_count_ = 0;
  std::atomic<int> answered_ = 0;
  std::atomic<int> wrong_answers_ = 0;
  std::vector<std::unique_ptr<Subscription>> subscriptions_;
  std::vector<std::unique_ptr<Task>> tasks_;
};

// When the faults are over: everything is settled, and what is settled was handled.
void expect_nothing_lost(Traffic& traffic) {
  EXPECT_TRUE(traffic.works());
  traffic.end();
  EXPECT_TRUE(eventually([&] { return traffic.settled() == traffic.sent(); }, 60s))
      << traffic.settled() << " of " << traffic.sent() << " are settled";
  EXPECT_TRUE(eventually([&] { return traffic.lost().empty(); }, 60s))
      << traffic.lost().size() << " are lost, as " << traffic.lost().front();
  EXPECT_EQ(traffic.wrong_answers(), 0);
}

TEST(RabbitmqFaults, ConnectionsCutInTheMiddleLoseNothing) {
  if (shared_broker() == nullptr) GTEST_SKIP() << "rabbitmq-server is not installed";
  const RabbitmqOptions options = options_for(*shared_broker());
  const auto bus = make_rabbitmq_bus(runtime(), options);
  Traffic traffic(*bus);
  for (int cut = 0; cut < 5; ++cut) {
    const size_t sent = traffic.settled();
    ASSERT_TRUE(eventually([&] { return traffic.settled() > sent + 50; }, 60s)) << cut;
    // What was confirmed before the last cut may be read after it, when there is none yet.
    EXPECT_TRUE(eventually([&] { return cut_connections(options.url) >= 1; }));
  }
  expect_nothing_lost(traffic);
}

TEST(RabbitmqFaults, AHandlerAtWorkIsNotRunTwiceWhenItsConnectionIsCut) {
  if (shared_broker() == nullptr) GTEST_SKIP() << "rabbitmq-server is not installed";
  const RabbitmqOptions options = options_for(*shared_broker());
  const auto bus = make_rabbitmq_bus(runtime(), options);
  const auto begun = system_executor().make_event();
  const auto go_on = system_executor().make_event();
  Seen seen;
  const auto subscription = bus->subscribe("compute",
                                           [&](const Message& message) -> base::Json {
                                             seen.add(text_of(message));
                                             if (text_of(message) != "long") return nullptr;
                                             begun->set();
                                             go_on->wait_until(kNever);
                                             return nullptr;
                                           },
                                           {.role = "nova-compute", .concurrency = 2});
  // Unless the broker has confirmed it, it is sent again, which is another delivery.
  const auto confirmed = system_executor().make_event();
  bus->cast("compute", make_text("long"), [&] { confirmed->set(); });
  confirmed->wait_until(kNever);
  begun->wait_until(kNever);
  EXPECT_GE(cut_connections(options.url), 1);
  // When a later one has come, the first one has come again.
  bus->cast("compute", make_text("later"));
  EXPECT_TRUE(eventually([&] { return seen.count("later") == 1; }));
  go_on->set();
  bus->cast("compute", make_text("last"));
  EXPECT_TRUE(eventually([&] { return seen.count("last") == 1; }));
  EXPECT_EQ(seen.count("long"), 1u);
}

// What could not be written whole was handled by nobody.
TEST(RabbitmqFaults, ACallOnACutConnectionIsSentOnTheNextOne) {
  if (shared_broker() == nullptr) GTEST_SKIP() << "rabbitmq-server is not installed";
  const RabbitmqOptions options = options_for(*shared_broker());
  const auto server = make_rabbitmq_bus(runtime(), options);
  const auto subscription = server->subscribe(
      "compute", [](const Message& message) { return base::Json(text_of(message)); },
      {.role = "nova-compute"});
  const std::set<int> of_server = connections(options.url);
  const auto client = make_rabbitmq_bus(runtime(), options);
  EXPECT_EQ(client->call("compute", make_text("first"), 20s), "first");
  for (int cut = 0; cut < 10; ++cut) {
    EXPECT_GE(cut_connections(options.url, of_server), 1);
    const base::SteadyTime begin = system_clock().steady();
    EXPECT_EQ(client->call("compute", make_text("again"), 20s), "again");
    EXPECT_LT(system_clock().steady() - begin, 10s);
  }
}

// The queue that the call named went with the connection.
TEST(RabbitmqFaults, AnAnswerFindsItsCallerOnAnotherConnection) {
  if (shared_broker() == nullptr) GTEST_SKIP() << "rabbitmq-server is not installed";
  const RabbitmqOptions options = options_for(*shared_broker());
  const auto server = make_rabbitmq_bus(runtime(), options);
  const auto begun = system_executor().make_event();
  const auto go_on = system_executor().make_event();
  const auto subscription = server->subscribe("compute",
                                              [&](const Message& message) -> base::Json {
                                                if (text_of(message) == "long") {
                                                  begun->set();
                                                  go_on->wait_until(kNever);
                                                }
                                                return base::Json(text_of(message));
                                              },
                                              {.role = "nova-compute", .concurrency = 2});
  const std::set<int> of_server = connections(options.url);
  const auto client = make_rabbitmq_bus(runtime(), options);
  base::Json answer;
  auto caller = system_executor().start(
      "caller", [&] { answer = client->call("compute", make_text("long"), 20s); });
  begun->wait_until(kNever);
  EXPECT_GE(cut_connections(options.url, of_server), 1);
  // Answered on the connection that it has now.
  EXPECT_EQ(client->call("compute", make_text("short"), 20s), "short");
  go_on->set();
  caller.reset();
  EXPECT_EQ(answer, "long");
}

TEST(RabbitmqFaults, ABrokerKilledInTheMiddleLosesNothing) {
  if (!PrivateBroker::is_installed()) GTEST_SKIP() << "rabbitmq-server is not installed";
  PrivateBroker broker;
  broker.start();
  const auto bus = make_rabbitmq_bus(runtime(), options_for(broker));
  Traffic traffic(*bus);
  ASSERT_TRUE(eventually([&] { return traffic.settled() > 200 && traffic.answered() > 20; }, 60s));
  // RabbitMQ 3.10 has a new quorum queue on disk only a moment after its declaration (Ra's
  // directory is a DETS table that is saved when it was idle): it is not what is tested here.
  system_executor().sleep_for(5s);
  broker.kill();
  broker.start();
  const size_t settled = traffic.settled();
  ASSERT_TRUE(eventually([&] { return traffic.settled() > settled + 200; }, 60s));
  expect_nothing_lost(traffic);
}

}  // namespace
}  // namespace platform::rabbitmq
