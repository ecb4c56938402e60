#include "nova/scheduler/host_table.hpp"

#include <gtest/gtest.h>

#include "nova/store/migrations.hpp"
#include "platform/database/migration.hpp"
#include "platform/database/sqlite_memory.hpp"

namespace nova::scheduler {
namespace {

constexpr base::Duration kServiceDownTime = std::chrono::seconds{60};

class ManualClock final : public platform::Clock {
 public:
  base::TimePoint now() const override { return wall; }
  base::SteadyTime steady() const override { return up; }
  void advance(base::Duration by) {
    wall += by;
    up = up + by;
  }

  base::TimePoint wall = std::chrono::sys_days{std::chrono::January / 1 / 2026};
  base::SteadyTime up{};  // since the machine's start
};

class HostTableTest : public testing::Test {
 protected:
  HostTableTest() { platform::migrate(database_, store::migrations()); }

  void report_host(base::TimePoint seen_at) {
    ReportHost report;
    report.host = "host-a";
    report.vcpus = 8;
    report.memory_mib = 4096;
    report.disk_gib = 100;
    database_.write("report", [&](platform::Session& session) {
      store::report_hosts(session, {{report, "node", "service"}}, seen_at);
    });
  }

  // The host that a small server is given now; empty: none lives.
  std::string placed() {
    database_.read([&](platform::Session& session) { hosts_.refresh(session, ViewAge::recent); });
    PlacementRequest request;
    request.alive_after_us = (clock_.now() - kServiceDownTime).time_since_epoch().count();
    return hosts_.take(request, rules_, platform::system_random()).host;
  }

  ManualClock clock_;
  platform::MemoryDatabase database_;
  app::Settings settings_;
  const Rules rules_{make_filters({"ComputeFilter"}), make_weighers({})};
  HostTable hosts_{settings_, clock_};
};

TEST_F(HostTableTest, reads_signs_of_life_once_a_second) {
  report_host(clock_.now() - 2 * kServiceDownTime);
  EXPECT_EQ(placed(), "");

  report_host(clock_.now());
  EXPECT_EQ(placed(), "");
  clock_.advance(std::chrono::seconds{1});

  EXPECT_EQ(placed(), "host-a");
}

TEST_F(HostTableTest, reads_signs_of_life_after_its_wall_clock_was_set_back) {
  const base::Duration ahead = std::chrono::minutes{10};
  report_host(clock_.now());
  clock_.wall += ahead;
  EXPECT_EQ(placed(), "");

  clock_.wall -= ahead;
  for (int i = 0; i < 12; ++i) {
    clock_.advance(std::chrono::seconds{10});
    report_host(clock_.now());

    EXPECT_EQ(placed(), "host-a") << i;
  }
}

}  // namespace
}  // namespace nova::scheduler
