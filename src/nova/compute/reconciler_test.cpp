#include <gtest/gtest.h>

#include "nova/compute/test_host.hpp"
#include "platform/bus/dispatcher.hpp"

namespace nova::compute {
namespace {

using drivers::PowerState;

const std::string kServerOfHost = "11111111-1111-4111-8111-111111111111";

// The conductor knows one server of the host and remembers what is reported of it.
class ReconcilerTest : public testing::Test {
 protected:
  ReconcilerTest() {
    server_.id = kServerOfHost;
    server_.vm_state = "active";
    server_.power_state = static_cast<int64_t>(PowerState::running);
    platform::Dispatcher conductor;
    using Message = platform::Message;
    conductor
        .on<ListServersOfHost>(
            [this](const Message&, const ListServersOfHost&) { return ServerList{{server_}}; })
        .on<ReportServer>([this](const Message&, const ReportServer& report) {
          reports_.push_back(report);
          return Changed{true};
        });
    conducting_ = here_.bus->subscribe(std::string(kConductorTopic), conductor, {});
    drivers::GuestDefinition guest;
    guest.id = kServerOfHost;
    here_.hypervisor.start(guest);
  }

  // The state that the cloud is told; empty: nothing is.
  std::string reported_state() {
    reports_.clear();
    Reconciler(here_.host).run();
    return reports_.empty() ? "" : reports_.at(0).vm_state.value_or("none");
  }

  TestHost here_;
  ServerDescription server_;
  std::vector<ReportServer> reports_;
  std::unique_ptr<platform::Subscription> conducting_;
};

TEST_F(ReconcilerTest, says_nothing_of_a_guest_that_is_as_it_should_be) {
  EXPECT_EQ(reported_state(), "");
}

TEST_F(ReconcilerTest, a_guest_that_stopped_by_itself_is_stopped) {
  here_.guests->guests[kServerOfHost].state = PowerState::shutdown;
  EXPECT_EQ(reported_state(), "stopped");
}

// A pause that was given up while this host did not answer.
TEST_F(ReconcilerTest, a_guest_that_is_paused_is_paused_and_one_that_goes_on_is_active) {
  here_.guests->guests[kServerOfHost].state = PowerState::paused;
  EXPECT_EQ(reported_state(), "paused");

  server_.vm_state = "paused";
  server_.power_state = static_cast<int64_t>(PowerState::paused);
  EXPECT_EQ(reported_state(), "");
  here_.guests->guests[kServerOfHost].state = PowerState::running;
  EXPECT_EQ(reported_state(), "active");
}

// openstack server set --state active
TEST_F(ReconcilerTest, a_state_that_was_set_by_hand_follows_the_guest) {
  here_.guests->guests[kServerOfHost].state = PowerState::shutdown;
  server_.power_state = static_cast<int64_t>(PowerState::shutdown);
  EXPECT_EQ(reported_state(), "stopped");
}

TEST_F(ReconcilerTest, leaves_a_server_alone_that_is_in_an_operation_or_failed) {
  here_.guests->guests[kServerOfHost].state = PowerState::shutdown;
  server_.operation_id = "operation";
  EXPECT_EQ(reported_state(), "");
  server_.operation_id = "";
  server_.vm_state = "error";
  EXPECT_EQ(reported_state(), "");
}

}  // namespace
}  // namespace nova::compute
