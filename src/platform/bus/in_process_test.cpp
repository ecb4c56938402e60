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

struct Death {};

// Its tasks may die of a Death, as the simulation kills tasks.
class MortalExecutor : public Executor {
 public:
  std::unique_ptr<Task> start(std::string name, std::function<void()> body) override {
    return system_executor().start(std::move(name), [body = std::move(body)] {
      try {
        body();
      } catch (const Death&) {
      }
    });
  }
  std::unique_ptr<Event> make_event() override { return system_executor().make_event(); }
  void sleep_for(base::Duration duration) override { system_executor().sleep_for(duration); }
  Clock& clock() override { return system_clock(); }
};

TEST(InProcessBus, ACastThatADyingTaskHeldGoesToAnotherOne) {
  std::atomic<int> tries = 0;
  const auto settled = system_executor().make_event();
  MortalExecutor executor;
  const auto bus =
      make_in_process_bus({executor, system_clock(), system_random(), null_tracer(), "host1"});
  const auto subscription = bus->subscribe("compute",
                                           [&](const Message&) -> base::Json {
                                             if (++tries == 1) throw Death{};
                                             return nullptr;
                                           },
                                           {.role = "nova-compute", .concurrency = 2});
  bus->cast("compute", {}, [&] { settled->set(); });
  EXPECT_TRUE(settled->wait_until(system_clock().steady() + std::chrono::seconds(10)));
  EXPECT_EQ(tries, 2);
}

}  // namespace
}  // namespace platform
