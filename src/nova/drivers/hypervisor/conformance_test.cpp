#include "nova/drivers/hypervisor/conformance.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "base/json.hpp"
#include "platform/clock.hpp"

namespace nova::drivers {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(HypervisorConformance);

void HypervisorConformance::SetUp() {
  host_ = GetParam()();
  if (!host_) GTEST_SKIP() << "this machine can not run the hypervisor";
  hypervisor_ = host_->open();
}

GuestDefinition HypervisorConformance::start(GuestKind kind) {
  GuestDefinition guest = host_->define(kind);
  hypervisor_->start(guest);
  host_->wait_for_ready(guest.id, 1);
  return guest;
}

void HypervisorConformance::expect_state(const GuestDefinition& guest, PowerState state) {
  EXPECT_EQ(hypervisor_->power_state(guest.id), state);
}

void HypervisorConformance::expect_ended(const GuestDefinition& guest) {
  const PowerState state = hypervisor_->power_state(guest.id);
  EXPECT_TRUE(state == PowerState::shutdown || state == PowerState::crashed)
      << static_cast<int>(state);
}

size_t HypervisorConformance::times_come_up(const GuestDefinition& guest) {
  const std::string console = hypervisor_->console_output(guest.id);
  const std::string text = host_->ready_text();
  size_t times = 0;
  for (size_t at = console.find(text); at != std::string::npos; at = console.find(text, at + 1))
    ++times;
  return times;
}

namespace {

using namespace std::chrono_literals;

base::Duration time_of(const std::function<void()>& work) {
  const base::SteadyTime begun = platform::system_clock().steady();
  work();
  return platform::system_clock().steady() - begun;
}

void expect_error(base::ErrorKind kind, const std::function<void()>& work) {
  try {
    work();
    ADD_FAILURE() << "it did not fail";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    EXPECT_FALSE(error.message().empty());
  }
}

TEST_P(HypervisorConformance, the_host_has_something_to_run_guests_with) {
  const HostResources host = hypervisor_->resources();
  EXPECT_EQ(host.problem, "");
  EXPECT_FALSE(host.hypervisor_type.empty());
  EXPECT_FALSE(host.virt_type.empty());
  EXPECT_GT(host.hypervisor_version, 0);
  EXPECT_GT(host.vcpus, 0);
  EXPECT_GT(host.memory_mib, 0);
  EXPECT_TRUE(base::parse_json(host.cpu_info).is_object());
}

TEST_P(HypervisorConformance, a_started_guest_runs_and_is_started_once) {
  const GuestDefinition guest = start(GuestKind::obedient);
  expect_state(guest, PowerState::running);
  hypervisor_->start(guest);
  expect_state(guest, PowerState::running);
  EXPECT_EQ(times_come_up(guest), 1U);
  EXPECT_EQ(hypervisor_->list_guests(), std::vector{guest.id});
}

GuestDisk disk_of_file(const std::string& path) {
  std::ofstream(path).close();
  std::filesystem::resize_file(path, 1 << 20);
  GuestDisk disk;
  disk.path = path;
  disk.format = "raw";
  disk.serial = "11111111-2222-4333-8444-555555555555";
  return disk;
}

TEST_P(HypervisorConformance, a_disk_comes_to_a_guest_that_runs_and_stays) {
  const GuestDefinition guest = start(GuestKind::obedient);
  const GuestDisk disk = disk_of_file(testing::TempDir() + "/nephele-plugged-" + guest.id);
  hypervisor_->attach_disk(guest.id, disk);
  hypervisor_->attach_disk(guest.id, disk);
  EXPECT_EQ(hypervisor_->list_serials(guest.id), std::vector{disk.serial});

  hypervisor_ = host_->open();
  hypervisor_->reboot(guest.id, StopMode::hard, 0s);
  EXPECT_EQ(hypervisor_->list_serials(guest.id), std::vector{disk.serial});
  expect_state(guest, PowerState::running);
  hypervisor_->stop(guest.id, StopMode::hard, 0s);
  std::filesystem::remove(disk.path);
}

TEST_P(HypervisorConformance, a_disk_leaves_a_guest_that_does_not_run) {
  const GuestDefinition guest = start(GuestKind::obedient);
  const GuestDisk disk = disk_of_file(testing::TempDir() + "/nephele-plugged-" + guest.id);
  hypervisor_->stop(guest.id, StopMode::hard, 0s);
  hypervisor_->attach_disk(guest.id, disk);
  EXPECT_EQ(hypervisor_->list_serials(guest.id), std::vector{disk.serial});

  hypervisor_->detach_disk(guest.id, disk.serial, 0s);
  hypervisor_->detach_disk(guest.id, disk.serial, 0s);
  EXPECT_EQ(hypervisor_->list_serials(guest.id), std::vector<std::string>{});
  hypervisor_->start(guest);
  expect_state(guest, PowerState::running);
  std::filesystem::remove(disk.path);
}

TEST_P(HypervisorConformance, a_guest_that_is_not_known_gets_no_disk) {
  expect_error(base::ErrorKind::not_found, [&] {
    hypervisor_->attach_disk("33333333-2222-4333-8444-555555555555", {"/dev/null", "raw"});
  });
}

TEST_P(HypervisorConformance, a_guest_is_asked_to_shut_down) {
  const GuestDefinition guest = start(GuestKind::obedient);
  EXPECT_LT(time_of([&] { hypervisor_->stop(guest.id, StopMode::clean, 60s); }), 30s);
  expect_state(guest, PowerState::shutdown);
  hypervisor_->stop(guest.id, StopMode::clean, 60s);
  hypervisor_->stop(guest.id, StopMode::hard, 0s);
  expect_state(guest, PowerState::shutdown);
}

TEST_P(HypervisorConformance, a_guest_that_does_not_listen_is_ended_after_a_while) {
  const GuestDefinition guest = start(GuestKind::deaf);
  hypervisor_->stop(guest.id, StopMode::clean, 200ms);
  expect_state(guest, PowerState::shutdown);
}

TEST_P(HypervisorConformance, a_hard_stop_asks_nobody) {
  const GuestDefinition guest = start(GuestKind::deaf);
  hypervisor_->stop(guest.id, StopMode::hard, 60s);
  expect_state(guest, PowerState::shutdown);
}

TEST_P(HypervisorConformance, a_stopped_guest_starts_again_and_keeps_its_console) {
  const GuestDefinition guest = start(GuestKind::obedient);
  hypervisor_->stop(guest.id, StopMode::hard, 0s);
  EXPECT_EQ(times_come_up(guest), 1U);
  hypervisor_->start(guest);
  host_->wait_for_ready(guest.id, 2);
  expect_state(guest, PowerState::running);
  EXPECT_EQ(times_come_up(guest), 2U);
}

TEST_P(HypervisorConformance, a_reboot_starts_it_anew) {
  const GuestDefinition guest = start(GuestKind::obedient);
  hypervisor_->reboot(guest.id, StopMode::clean, 60s);
  host_->wait_for_ready(guest.id, 2);
  hypervisor_->reboot(guest.id, StopMode::hard, 0s);
  host_->wait_for_ready(guest.id, 3);
  expect_state(guest, PowerState::running);
  EXPECT_EQ(times_come_up(guest), 3U);
}

TEST_P(HypervisorConformance, a_reboot_starts_a_stopped_guest) {
  const GuestDefinition guest = start(GuestKind::obedient);
  hypervisor_->stop(guest.id, StopMode::hard, 0s);
  hypervisor_->reboot(guest.id, StopMode::clean, 60s);
  expect_state(guest, PowerState::running);
}

TEST_P(HypervisorConformance, a_paused_guest_goes_on_where_it_stood) {
  const GuestDefinition guest = start(GuestKind::obedient);
  for (int i = 0; i < 2; ++i) {
    hypervisor_->pause(guest.id);
    expect_state(guest, PowerState::paused);
  }
  for (int i = 0; i < 2; ++i) {
    hypervisor_->resume(guest.id);
    expect_state(guest, PowerState::running);
  }
  EXPECT_EQ(times_come_up(guest), 1U);
}

TEST_P(HypervisorConformance, a_paused_guest_can_be_started_and_stopped) {
  const GuestDefinition guest = start(GuestKind::obedient);
  hypervisor_->pause(guest.id);
  hypervisor_->start(guest);
  expect_state(guest, PowerState::running);
  hypervisor_->pause(guest.id);
  hypervisor_->stop(guest.id, StopMode::clean, 200ms);
  expect_state(guest, PowerState::shutdown);
}

TEST_P(HypervisorConformance, only_a_guest_that_runs_can_be_paused) {
  const GuestDefinition guest = start(GuestKind::obedient);
  hypervisor_->stop(guest.id, StopMode::hard, 0s);
  expect_error(base::ErrorKind::conflict, [&] { hypervisor_->pause(guest.id); });
  expect_error(base::ErrorKind::conflict, [&] { hypervisor_->resume(guest.id); });
  expect_state(guest, PowerState::shutdown);
}

TEST_P(HypervisorConformance, a_removed_guest_is_not_known) {
  const GuestDefinition guest = start(GuestKind::obedient);
  for (int i = 0; i < 2; ++i) {
    hypervisor_->remove(guest.id);
    expect_state(guest, PowerState::none);
    EXPECT_TRUE(hypervisor_->list_guests().empty());
  }
}

TEST_P(HypervisorConformance, a_removed_guest_can_be_made_again) {
  const GuestDefinition guest = start(GuestKind::obedient);
  hypervisor_->remove(guest.id);
  hypervisor_->start(guest);
  host_->wait_for_ready(guest.id, 1);
  expect_state(guest, PowerState::running);
  EXPECT_EQ(times_come_up(guest), 1U) << "the console of the removed one is gone";
}

TEST_P(HypervisorConformance, an_unknown_guest_is_not_found) {
  const GuestDefinition guest = host_->define(GuestKind::obedient);
  expect_state(guest, PowerState::none);
  hypervisor_->remove(guest.id);
  const auto not_found = [](const std::function<void()>& work) {
    expect_error(base::ErrorKind::not_found, work);
  };
  not_found([&] { hypervisor_->stop(guest.id, StopMode::clean, 1s); });
  not_found([&] { hypervisor_->stop(guest.id, StopMode::hard, 0s); });
  not_found([&] { hypervisor_->reboot(guest.id, StopMode::hard, 0s); });
  not_found([&] { hypervisor_->pause(guest.id); });
  not_found([&] { hypervisor_->resume(guest.id); });
  not_found([&] { static_cast<void>(hypervisor_->console_output(guest.id)); });
  EXPECT_TRUE(hypervisor_->list_guests().empty());
}

TEST_P(HypervisorConformance, guests_are_listed_running_or_not) {
  const GuestDefinition running = start(GuestKind::obedient);
  const GuestDefinition stopped = start(GuestKind::obedient);
  hypervisor_->stop(stopped.id, StopMode::hard, 0s);
  std::vector<std::string> expected{running.id, stopped.id};
  std::vector<std::string> listed = hypervisor_->list_guests();
  std::sort(expected.begin(), expected.end());
  std::sort(listed.begin(), listed.end());
  EXPECT_EQ(listed, expected);
}

TEST_P(HypervisorConformance, the_end_of_a_long_console_is_shown) {
  const GuestDefinition guest = start(GuestKind::talkative);
  const std::string console = hypervisor_->console_output(guest.id);
  EXPECT_EQ(console.size(), kConsoleTail);
  EXPECT_TRUE(console.ends_with(host_->ready_text()));
}

TEST_P(HypervisorConformance, a_guest_that_shut_down_by_itself_is_seen_and_starts_again) {
  const GuestDefinition guest = start(GuestKind::obedient);
  host_->end_from_inside(guest.id);
  expect_ended(guest);
  EXPECT_EQ(hypervisor_->list_guests(), std::vector{guest.id});
  hypervisor_->start(guest);
  expect_state(guest, PowerState::running);
}

TEST_P(HypervisorConformance, a_killed_guest_is_seen_and_starts_again) {
  const GuestDefinition guest = start(GuestKind::obedient);
  host_->kill(guest.id);
  expect_ended(guest);
  hypervisor_->stop(guest.id, StopMode::clean, 60s);
  expect_ended(guest);
  EXPECT_EQ(hypervisor_->list_guests(), std::vector{guest.id});
  hypervisor_->start(guest);
  expect_state(guest, PowerState::running);
}

TEST_P(HypervisorConformance, a_killed_guest_can_be_removed) {
  const GuestDefinition guest = start(GuestKind::obedient);
  host_->kill(guest.id);
  hypervisor_->remove(guest.id);
  expect_state(guest, PowerState::none);
}

TEST_P(HypervisorConformance, the_next_driver_finds_the_guests) {
  const GuestDefinition guest = start(GuestKind::obedient);
  hypervisor_ = host_->open();
  expect_state(guest, PowerState::running);
  EXPECT_EQ(hypervisor_->list_guests(), std::vector{guest.id});
  EXPECT_EQ(times_come_up(guest), 1U);
  hypervisor_->start(guest);
  hypervisor_->pause(guest.id);
  hypervisor_ = host_->open();
  expect_state(guest, PowerState::paused);
  hypervisor_->remove(guest.id);
  hypervisor_ = host_->open();
  expect_state(guest, PowerState::none);
}

}  // namespace
}  // namespace nova::drivers
