// What a process shows of itself: its ports, and what it says of a database.
#include "nephele/observation.hpp"

#include <gtest/gtest.h>

#include <set>

#include "nephele/database_watch.hpp"
#include "platform/clock.hpp"
#include "platform/database/migration.hpp"
#include "platform/database/outbox.hpp"
#include "platform/http/client.hpp"

namespace nephele {
namespace {

using namespace std::chrono_literals;

constexpr uint16_t kBase = 8900;

platform::Runtime test_runtime() {
  return {platform::system_executor(), platform::system_clock(), platform::system_random(),
          platform::null_tracer(), "host"};
}

TEST(ObservationPort, each_role_has_one_of_its_own) {
  std::vector<const RoleEntry*> all;
  std::set<uint16_t> ports;
  for (const RoleEntry& role : roles()) {
    all.push_back(&role);
    ports.insert(observation_port({&role}, kBase));
  }
  EXPECT_EQ(ports.size(), all.size());
  EXPECT_EQ(observation_port(all, kBase), kBase);
  EXPECT_FALSE(ports.contains(kBase));
}

TEST(OutboxState, says_how_many_wait_and_how_long_the_oldest_does) {
  const auto database = platform::open_sqlite({":memory:"});
  platform::migrate(*database, get_service("nova").migrations());
  const base::TimePoint now = platform::system_clock().now();
  EXPECT_EQ(read_outbox(*database, now).messages, 0);
  EXPECT_EQ(read_outbox(*database, now).oldest, 0s);

  database->write("enqueue", [&](platform::Session& session) {
    const auto message = [](const char* id) {
      return platform::Message{id, "Do", 1, "", nullptr, base::JsonObject{}};
    };
    platform::enqueue(session, "scheduler", message("one"), now - 7s);
    platform::enqueue(session, "scheduler", message("two"), now);
  });
  EXPECT_EQ(read_outbox(*database, now).messages, 2);
  EXPECT_EQ(read_outbox(*database, now).oldest, 7s);
}

TEST(Observation, is_starting_until_it_has_started) {
  HostSettings host;
  Observation observation(host, {&get_role("nova-compute")}, test_runtime());
  EXPECT_EQ(observation.problems(), std::vector<std::string>{"it is starting"});
  observation.started();
  EXPECT_TRUE(observation.problems().empty());
  EXPECT_EQ(observation.address(), "not served: [metrics] bind_host is empty");
}

TEST(Observation, tells_the_public_nothing_of_what_is_inside) {
  // Nobody has made its outbox.
  const auto database = platform::open_sqlite({":memory:"});
  HostSettings host;
  Observation observation(host, {&get_role("nova-conductor")}, test_runtime());
  observation.started();
  observation.watch(get_service("nova"), *database);
  for (int i = 0; i < 100 && observation.problems().empty(); ++i)
    platform::system_executor().sleep_for(20ms);

  ASSERT_EQ(observation.problems().size(), 1U);
  EXPECT_TRUE(observation.problems()[0].find("outbox") != std::string::npos);
  EXPECT_EQ(observation.public_problems(),
            std::vector<std::string>{"database of nova is not available"});
}

}  // namespace
}  // namespace nephele
