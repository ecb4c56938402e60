#include "platform/bus/bus_conformance.hpp"

#include <atomic>
#include <map>
#include <set>
#include <stdexcept>

#include "base/error.hpp"
#include "platform/current_request.hpp"
#include "platform/waiting.hpp"

namespace platform {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BusConformance);

namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

base::Json answer(const Message& message) { return base::Json(text_of(message) + "!"); }

TEST_P(BusConformance, ACallIsAnsweredAndTheMessageArrivesWhole) {
  Message seen;
  const auto subscription = bus_->subscribe("scheduler",
                                            [&](const Message& message) {
                                              seen = message;
                                              return answer(message);
                                            },
                                            {.role = "nova-scheduler"});
  EXPECT_EQ(bus_->call("scheduler", make_text("a"), 10s), "a!");
  EXPECT_EQ(to_wire(seen), to_wire(make_text("a")));
}

TEST_P(BusConformance, AnErrorOfTheHandlerReachesTheCallerUnchanged) {
  const auto subscription =
      bus_->subscribe("conductor",
                      [](const Message&) -> base::Json {
                        throw base::Error(base::ErrorKind::conflict, "It is in use.", "by a test")
                            .with_type("InUse");
                      },
                      {.role = "nova-conductor"});
  try {
    (void)bus_->call("conductor", make_text("a"), 10s);
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::conflict);
    EXPECT_EQ(error.message(), "It is in use.");
    EXPECT_EQ(error.type(), "InUse");
  }
}

TEST_P(BusConformance, AnyOtherExceptionOfTheHandlerIsAnInternalError) {
  const auto subscription = bus_->subscribe(
      "conductor", [](const Message&) -> base::Json { throw std::runtime_error("secret path"); },
      {.role = "nova-conductor"});
  try {
    (void)bus_->call("conductor", make_text("a"), 10s);
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::internal);
    EXPECT_EQ(error.message().find("secret"), std::string::npos);
  }
}

TEST_P(BusConformance, ACallThatNobodyAnswersIsRefusedAtOnce) {
  const auto call = [&] { (void)bus_->call("compute.host9", make_text("a"), 10s); };
  const base::SteadyTime begun = system_clock().steady();
  EXPECT_EQ(kind_of_failure(call), base::ErrorKind::unavailable);
  auto subscription = bus_->subscribe("compute.host9", answer, {.role = "nova-compute"});
  call();
  subscription.reset();
  EXPECT_EQ(kind_of_failure(call), base::ErrorKind::unavailable);
  EXPECT_LT(system_clock().steady() - begun, 5s);
}

TEST_P(BusConformance, AHandlerMayCallOtherTopics) {
  const auto inner = bus_->subscribe("conductor", answer, {.role = "nova-conductor"});
  const auto outer =
      bus_->subscribe("compute.host1",
                      [&](const Message& message) {
                        return bus_->call("conductor", make_text(text_of(message) + "?"), 10s);
                      },
                      {.role = "nova-compute", .concurrency = 1});
  EXPECT_EQ(bus_->call("compute.host1", make_text("a"), 10s), "a?!");
}

TEST_P(BusConformance, CallsTakeTurnsAmongTheSubscribers) {
  std::map<std::string, int> calls;
  const auto count_as = [&](const char* name) {
    return [&calls, name](const Message&) -> base::Json {
      ++calls[name];
      return nullptr;
    };
  };
  const auto a = bus_->subscribe("scheduler", count_as("a"), {.role = "nova-scheduler"});
  const auto b = bus_->subscribe("scheduler", count_as("b"), {.role = "nova-scheduler"});
  for (int i = 0; i < 10; ++i) (void)bus_->call("scheduler", make_text("x"), 10s);
  EXPECT_EQ(calls["a"], 5);
  EXPECT_EQ(calls["b"], 5);
}

TEST_P(BusConformance, CastsAreHandledInOrderByOneTaskAndSettled) {
  Seen seen;
  std::atomic<int> settled = 0;
  const auto subscription =
      bus_->subscribe("scheduler", seen.handler(), {.role = "nova-scheduler", .concurrency = 1});
  Strings sent;
  for (int i = 0; i < 100; ++i) {
    sent.push_back(std::to_string(i));
    bus_->cast("scheduler", make_text(sent.back()), [&] { ++settled; });
  }
  EXPECT_TRUE(eventually([&] { return seen.size() == 100 && settled == 100; }));
  EXPECT_EQ(seen.all(), sent);
}

TEST_P(BusConformance, ACastWaitsForASubscriber) {
  Seen seen;
  bus_->cast("compute.host2", make_text("early"));
  const auto subscription =
      bus_->subscribe("compute.host2", seen.handler(), {.role = "nova-compute"});
  EXPECT_TRUE(eventually([&] { return seen.all() == Strings{"early"}; }));
}

TEST_P(BusConformance, CastsThatASubscriberLeavesGoToTheNextOne) {
  Seen first;
  const auto begun = system_executor().make_event();
  const auto go_on = system_executor().make_event();
  auto subscription = bus_->subscribe("compute",
                                      [&](const Message& message) -> base::Json {
                                        first.add(text_of(message));
                                        begun->set();
                                        go_on->wait_until(kNever);
                                        return nullptr;
                                      },
                                      {.role = "nova-compute", .concurrency = 1});
  for (const char* text : {"a", "b", "c"}) bus_->cast("compute", make_text(text));
  begun->wait_until(kNever);
  auto end = system_executor().start("end", [&] { subscription.reset(); });
  system_executor().sleep_for(50ms);  // so that it is closing when "a" ends
  go_on->set();
  end.reset();
  EXPECT_EQ(first.all(), Strings{"a"});

  Seen second;
  const auto next =
      bus_->subscribe("compute", second.handler(), {.role = "nova-compute", .concurrency = 1});
  EXPECT_TRUE(eventually([&] { return second.all() == Strings{"b", "c"}; }));
}

TEST_P(BusConformance, AFailedCastIsTriedAgainWhileOthersGoOn) {
  Seen seen;
  std::atomic<int> tries = 0;
  std::atomic<int> settled = 0;
  const auto subscription = bus_->subscribe("compute",
                                            [&](const Message& message) -> base::Json {
                                              if (text_of(message) == "bad" && ++tries < 3)
                                                throw std::runtime_error("no luck");
                                              seen.add(text_of(message));
                                              return nullptr;
                                            },
                                            {.role = "nova-compute", .concurrency = 1});
  bus_->cast("compute", make_text("bad"), [&] { ++settled; });
  bus_->cast("compute", make_text("good"));
  EXPECT_TRUE(eventually([&] { return seen.size() == 2 && settled == 1; }));
  EXPECT_EQ(seen.all(), (Strings{"good", "bad"}));
}

TEST_P(BusConformance, ACastThatAlwaysFailsIsGivenUp) {
  std::atomic<int> tries = 0;
  std::atomic<int> settled = 0;
  const auto subscription =
      bus_->subscribe("compute",
                      [&](const Message&) -> base::Json {
                        ++tries;
                        throw base::Error(base::ErrorKind::conflict, "It is in use.");
                      },
                      {.role = "nova-compute"});
  bus_->cast("compute", make_text("bad"), [&] { ++settled; });
  EXPECT_TRUE(eventually([&] { return settled == 1 && tries == 5; }));
}

// What another service could not do yet has more tries than what can not be done.
TEST_P(BusConformance, ACastOutlastsAServiceThatIsAway) {
  std::atomic<int> tries = 0;
  std::atomic<int> settled = 0;
  const auto subscription =
      bus_->subscribe("compute",
                      [&](const Message&) -> base::Json {
                        if (++tries <= 5)
                          throw base::Error(base::ErrorKind::unavailable, "Try again later.");
                        return nullptr;
                      },
                      {.role = "nova-compute"});
  bus_->cast("compute", make_text("early"), [&] { ++settled; });
  EXPECT_TRUE(eventually([&] { return settled == 1 && tries == 6; }, 30s));
}

TEST_P(BusConformance, EachCastGoesToOneOfTheSubscribers) {
  Seen a, b;
  const auto one = bus_->subscribe("compute", a.handler(), {.role = "nova-compute"});
  const auto two = bus_->subscribe("compute", b.handler(), {.role = "nova-compute"});
  std::multiset<std::string> sent;
  for (int i = 0; i < 50; ++i) {
    bus_->cast("compute", make_text(std::to_string(i)));
    sent.insert(std::to_string(i));
  }
  EXPECT_TRUE(eventually([&] { return a.size() + b.size() >= sent.size(); }));
  Strings seen = a.all();
  for (const std::string& text : b.all()) seen.push_back(text);
  EXPECT_EQ(std::multiset<std::string>(seen.begin(), seen.end()), sent);
}

TEST_P(BusConformance, ACastIsSettledOnce) {
  std::atomic<int> settled = 0;
  Seen seen;
  const auto subscription = bus_->subscribe("compute", seen.handler(), {.role = "nova-compute"});
  for (int i = 0; i < 20; ++i) bus_->cast("compute", make_text("x"), [&] { ++settled; });
  EXPECT_TRUE(eventually([&] { return settled >= 20 && seen.size() >= 20; }));
  system_executor().sleep_for(50ms);
  EXPECT_EQ(settled, 20);
}

TEST_P(BusConformance, ALargeMessageArrivesWhole) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "\u00e4\"\n" + std::to_string(i);
  const auto subscription = bus_->subscribe(
      "conductor", [](const Message& message) { return base::Json(text_of(message)); },
      {.role = "nova-conductor"});
  Message message = make_text("large");
  message.body = base::Json(text);
  EXPECT_TRUE(bus_->call("conductor", message, 20s) == message.body);
}

TEST_P(BusConformance, EachOfManyCallsAtOnceGetsItsOwnAnswer) {
  const auto subscription = bus_->subscribe("conductor", answer, {.role = "nova-conductor"});
  std::atomic<int> right = 0;
  std::vector<std::unique_ptr<Task>> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.push_back(system_executor().start("caller", [&, caller] {
      for (int i = 0; i < 50; ++i) {
        const std::string text = std::to_string(caller * 1000 + i);
        if (bus_->call("conductor", make_text(text), 20s) == base::Json(text + "!")) ++right;
      }
    }));
  }
  callers.clear();
  EXPECT_EQ(right, 200);
}

TEST_P(BusConformance, AHandlerMayCastAndFanOut) {
  Seen casts, fanouts;
  const auto agents = bus_->subscribe_fanout("agents", fanouts.handler(), {.role = "agent"});
  const auto compute = bus_->subscribe("compute", casts.handler(), {.role = "nova-compute"});
  const auto scheduler = bus_->subscribe("scheduler",
                                         [&](const Message& message) -> base::Json {
                                           bus_->cast("compute", message);
                                           bus_->fanout("agents", message);
                                           return nullptr;
                                         },
                                         {.role = "nova-scheduler", .concurrency = 1});
  bus_->cast("scheduler", make_text("a"));
  EXPECT_TRUE(eventually([&] { return casts.size() == 1 && fanouts.size() == 1; }));
}

TEST_P(BusConformance, AsManyCastsAsAllowedRunAtOnce) {
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  std::atomic<int> done = 0;
  const auto subscription =
      bus_->subscribe("compute",
                      [&](const Message&) -> base::Json {
                        const int now = ++running;
                        int former = most;
                        while (former < now && !most.compare_exchange_weak(former, now)) {
                        }
                        system_executor().sleep_for(5ms);
                        --running;
                        ++done;
                        return nullptr;
                      },
                      {.role = "nova-compute", .concurrency = 3});
  for (int i = 0; i < 60; ++i) bus_->cast("compute", make_text("x"));
  EXPECT_TRUE(eventually([&] { return done == 60; }));
  EXPECT_EQ(most, 3);
}

TEST_P(BusConformance, UnsubscribingWaitsForACallInProgress) {
  std::atomic<bool> begun = false;
  std::atomic<bool> ended = false;
  auto subscription = bus_->subscribe("conductor",
                                      [&](const Message&) -> base::Json {
                                        begun = true;
                                        system_executor().sleep_for(50ms);
                                        ended = true;
                                        return nullptr;
                                      },
                                      {.role = "nova-conductor"});
  const auto caller = system_executor().start(
      "caller", [&] { (void)bus_->call("conductor", make_text("a"), 10s); });
  ASSERT_TRUE(eventually([&] { return begun.load(); }));
  subscription.reset();
  EXPECT_TRUE(ended);
}

TEST_P(BusConformance, UnsubscribingWaitsForACastInProgress) {
  std::atomic<bool> begun = false;
  std::atomic<bool> ended = false;
  auto subscription = bus_->subscribe("conductor",
                                      [&](const Message&) -> base::Json {
                                        begun = true;
                                        system_executor().sleep_for(50ms);
                                        ended = true;
                                        return nullptr;
                                      },
                                      {.role = "nova-conductor"});
  bus_->cast("conductor", make_text("a"));
  ASSERT_TRUE(eventually([&] { return begun.load(); }));
  subscription.reset();
  EXPECT_TRUE(ended);
}

TEST_P(BusConformance, AFanoutIsNotKeptForLaterSubscribers) {
  Seen seen;
  bus_->fanout("agents", make_text("early"));
  // A call goes the same way: when it is back, the fanout is out.
  EXPECT_EQ(kind_of_failure([&] { (void)bus_->call("nobody", make_text("a"), 10s); }),
            base::ErrorKind::unavailable);
  const auto subscription = bus_->subscribe_fanout("agents", seen.handler(), {.role = "agent"});
  bus_->fanout("agents", make_text("late"));
  EXPECT_TRUE(eventually([&] { return seen.size() == 1; }));
  EXPECT_EQ(seen.all(), Strings{"late"});
}

TEST_P(BusConformance, AFanoutReachesEachSubscriberOfFanoutsOnce) {
  Seen a, b, cast;
  const auto one = bus_->subscribe_fanout("agents", a.handler(), {.role = "agent"});
  auto two = bus_->subscribe_fanout("agents", b.handler(), {.role = "agent"});
  const auto other = bus_->subscribe("agents", cast.handler(), {.role = "agent"});
  bus_->fanout("agents", make_text("1"));
  EXPECT_TRUE(eventually([&] { return a.size() == 1 && b.size() == 1; }));
  two.reset();
  bus_->fanout("agents", make_text("2"));
  EXPECT_TRUE(eventually([&] { return a.size() == 2; }));
  EXPECT_EQ(b.size(), 1u);
  EXPECT_EQ(cast.size(), 0u);
}

TEST_P(BusConformance, AFanoutThatFailsIsNotTriedAgain) {
  Seen seen;
  const auto subscription = bus_->subscribe_fanout("agents",
                                                   [&](const Message& message) -> base::Json {
                                                     seen.add(text_of(message));
                                                     throw std::runtime_error("no luck");
                                                   },
                                                   {.role = "agent", .concurrency = 1});
  bus_->fanout("agents", make_text("1"));
  bus_->fanout("agents", make_text("2"));
  EXPECT_TRUE(eventually([&] { return seen.size() == 2; }));
  system_executor().sleep_for(300ms);
  EXPECT_EQ(seen.all(), (Strings{"1", "2"}));
}

TEST_P(BusConformance, AHandlerWorksForTheRequestInItsOwnRole) {
  CurrentRequest seen;
  const auto subscription = bus_->subscribe("scheduler",
                                            [&](const Message&) -> base::Json {
                                              seen = current_request();
                                              return nullptr;
                                            },
                                            {.role = "nova-scheduler"});
  const RequestScope api({"req-1", "p", "u", "nova-api", "host1"});
  (void)bus_->call("scheduler", make_text("a"), 10s);
  EXPECT_EQ(seen.request_id, "req-1");
  EXPECT_EQ(seen.project_id, "p");
  EXPECT_EQ(seen.role, "nova-scheduler");
  EXPECT_EQ(seen.host, "host1");
  EXPECT_EQ(current_request().role, "nova-api");
}

TEST_P(BusConformance, TheTraceNamesBothEnds) {
  const auto good = bus_->subscribe("conductor", answer, {.role = "nova-conductor"});
  const auto bad =
      bus_->subscribe("scheduler",
                      [](const Message&) -> base::Json {
                        throw base::Error(base::ErrorKind::not_found, "No valid host.");
                      },
                      {.role = "nova-scheduler"});
  const RequestScope api({"req-1", "p", "u", "nova-api", "host1"});
  EXPECT_THROW((void)bus_->call("scheduler", make_text("a"), 10s), base::Error);
  bus_->cast("conductor", make_text("b"));
  EXPECT_TRUE(eventually([&] { return tracer_.hops().size() == 4; }));
  const Strings hops = tracer_.hops();
  const std::multiset<std::string> got(hops.begin(), hops.end());
  EXPECT_EQ(got,
            (std::multiset<std::string>{"nova-scheduler handle Text -> scheduler No valid host.",
                                        "nova-api call Text -> scheduler No valid host.",
                                        "nova-api cast Text -> conductor ok",
                                        "nova-conductor handle Text -> conductor ok"}));
}

TEST_P(BusConformance, NothingIsLostWhileSubscribersComeAndGo) {
  constexpr int kSenders = 3;
  constexpr int kEach = 300;
  std::atomic<int> settled = 0;
  std::atomic<int> handled = 0;
  const auto handler = [&](const Message&) -> base::Json {
    ++handled;
    return nullptr;
  };
  std::vector<std::unique_ptr<Task>> senders;
  for (int sender = 0; sender < kSenders; ++sender) {
    senders.push_back(system_executor().start("sender", [&, sender] {
      for (int i = 0; i < kEach; ++i)
        bus_->cast("compute", make_text(std::to_string(sender * kEach + i)), [&] { ++settled; });
    }));
  }
  for (int i = 0; i < 20; ++i) {
    const auto a = bus_->subscribe("compute", handler, {.role = "nova-compute"});
    const auto b = bus_->subscribe("compute", handler, {.role = "nova-compute"});
    system_executor().sleep_for(1ms);
  }
  senders.clear();
  const auto last = bus_->subscribe("compute", handler, {.role = "nova-compute"});
  EXPECT_TRUE(eventually([&] { return settled == kSenders * kEach; }, 60s)) << settled;
  EXPECT_TRUE(eventually([&] { return handled >= kSenders * kEach; }, 60s)) << handled;
}

TEST_P(BusConformance, SendingInsideATransactionAborts) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const TransactionScope transaction;
  EXPECT_DEATH((void)bus_->call("a", make_text("x"), 10s), "transaction is open");
  EXPECT_DEATH(bus_->cast("a", make_text("x")), "transaction is open");
}

}  // namespace
}  // namespace platform
