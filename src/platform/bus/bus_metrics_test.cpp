#include "platform/bus/bus_metrics.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "platform/bus/in_process.hpp"

namespace platform {
namespace {

using namespace std::chrono_literals;

uint64_t handled(std::string_view kind, std::string_view outcome) {
  return metrics::registry()
      .counter({"nephele_bus_messages_handled_total", ""},
               {{"topic", "counted"}, {"kind", kind}, {"outcome", outcome}})
      .value();
}

Message message() { return {"id", "Ask", 1, "", nullptr, base::JsonObject{}}; }

TEST(TopicLabel, of_one_host_is_that_of_all) {
  EXPECT_EQ(topic_label("scheduler"), "scheduler");
  EXPECT_EQ(topic_label("compute.node1.example.org.events"), "compute");
}

TEST(BusMetrics, count_messages_by_topic_kind_and_outcome) {
  const Runtime runtime{system_executor(), system_clock(), system_random(), null_tracer(), "host"};
  const auto bus = make_in_process_bus(runtime);
  const uint64_t ok = handled("call", "ok");
  const uint64_t bad = handled("call", "failed");
  bool fails = false;
  const auto subscription = bus->subscribe("counted.host",
                                           [&](const Message&) -> base::Json {
                                             if (fails)
                                               throw base::Error(base::ErrorKind::conflict, "No.");
                                             return nullptr;
                                           },
                                           {"test", 1});

  static_cast<void>(bus->call("counted.host", message(), 1s));
  fails = true;
  EXPECT_THROW(static_cast<void>(bus->call("counted.host", message(), 1s)), base::Error);

  EXPECT_EQ(handled("call", "ok"), ok + 1);
  EXPECT_EQ(handled("call", "failed"), bad + 1);
}

TEST(BusMetrics, say_how_many_messages_wait) {
  const Runtime runtime{system_executor(), system_clock(), system_random(), null_tracer(), "host"};
  metrics::Gauge& waiting = waiting_messages("nobody");
  {
    const auto bus = make_in_process_bus(runtime);
    bus->cast("nobody.host", message());
    bus->cast("nobody.host", message());
    EXPECT_EQ(waiting.value(), 2);
  }
  EXPECT_EQ(waiting.value(), 0);
}

}  // namespace
}  // namespace platform
