#include "platform/bus/in_process.hpp"

#include "platform/bus/bus_conformance.hpp"

namespace platform {

INSTANTIATE_TEST_SUITE_P(InProcess, BusConformance, testing::Values(make_in_process_bus));

namespace {

TEST(InProcessBus, ACallRunsOnTheThreadOfItsCaller) {
  const auto bus = make_in_process_bus(
      {system_executor(), system_clock(), system_random(), null_tracer(), "host1"});
  std::thread::id handled_by;
  const auto subscription = bus->subscribe("conductor",
                                           [&](const Message&) -> base::Json {
                                             handled_by = std::this_thread::get_id();
                                             return nullptr;
                                           },
                                           {.role = "nova-conductor"});
  (void)bus->call("conductor", {}, std::chrono::seconds(1));
  EXPECT_EQ(handled_by, std::this_thread::get_id());
}

}  // namespace
}  // namespace platform
