// The QEMU driver: the conformance suite, and what else a host may do to it.
#include "nova/drivers/hypervisor/qemu/qemu.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "nova/drivers/hypervisor/qemu/qemu_host.hpp"
#include "platform/process.hpp"

namespace nova::drivers {
namespace {

INSTANTIATE_TEST_SUITE_P(Qemu, HypervisorConformance, testing::Values(make_qemu_host));

class QemuHypervisor : public testing::Test {
 protected:
  void SetUp() override {
    if (!make_qemu_host()) GTEST_SKIP() << "qemu-system-x86_64 is not installed";
    hypervisor_ = host_.open();
  }

  GuestDefinition start() {
    GuestDefinition guest = host_.define(GuestKind::obedient);
    hypervisor_->start(guest);
    host_.wait_for_ready(guest.id, 1);
    return guest;
  }

  void write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::trunc) << text;
  }

  void expect_stopped(const GuestDefinition& guest, pid_t pid) {
    EXPECT_EQ(hypervisor_->power_state(guest.id), PowerState::shutdown);
    EXPECT_FALSE(platform::identify_process(pid)) << "a QEMU without an owner";
  }

  std::string message_of_failed_start(const GuestDefinition& guest) {
    try {
      hypervisor_->start(guest);
    } catch (const base::Error& error) {
      return error.message();
    }
    return "it started";
  }

  void stop(const GuestDefinition& guest) {
    hypervisor_->stop(guest.id, StopMode::hard, base::Duration{0});
  }

  QemuHost host_;
  std::unique_ptr<Hypervisor> hypervisor_;
};

TEST_F(QemuHypervisor, is_not_deceived_by_a_pid_that_another_process_got) {
  const GuestDefinition guest = start();
  host_.kill(guest.id);
  write(host_.files_of(guest.id).pid(), std::to_string(::getpid()));

  EXPECT_EQ(hypervisor_->power_state(guest.id), PowerState::shutdown);
  hypervisor_->start(guest);
  EXPECT_NE(host_.pid_of(guest.id), ::getpid());
  EXPECT_EQ(hypervisor_->power_state(guest.id), PowerState::running);
}

TEST_F(QemuHypervisor, finds_a_guest_whose_starter_died_before_the_pid_was_written) {
  const GuestDefinition guest = start();
  const pid_t pid = host_.pid_of(guest.id);
  write(host_.files_of(guest.id).pid(), "");

  hypervisor_ = host_.open();
  EXPECT_EQ(hypervisor_->power_state(guest.id), PowerState::running);
  hypervisor_->start(guest);
  stop(guest);
  expect_stopped(guest, pid);
}

TEST_F(QemuHypervisor, ends_a_guest_without_a_pid_file) {
  const GuestDefinition guest = start();
  const pid_t pid = host_.pid_of(guest.id);
  ::unlink(host_.files_of(guest.id).pid().c_str());

  hypervisor_->remove(guest.id);

  EXPECT_FALSE(platform::identify_process(pid));
  EXPECT_FALSE(std::filesystem::exists(host_.files_of(guest.id).directory));
}

TEST_F(QemuHypervisor, starts_a_guest_with_a_damaged_definition_anew) {
  const GuestDefinition guest = start();
  stop(guest);
  write(host_.files_of(guest.id).definition(), R"({"id":"half of a)");

  EXPECT_EQ(hypervisor_->power_state(guest.id), PowerState::shutdown);
  try {
    hypervisor_->reboot(guest.id, StopMode::hard, base::Duration{0});
    ADD_FAILURE() << "it did not fail";
  } catch (const base::Error& error) {
    EXPECT_NE(error.message().find("reboot the server hard"), std::string::npos);
  }
  hypervisor_->start(guest);
  EXPECT_EQ(hypervisor_->power_state(guest.id), PowerState::running);
}

TEST_F(QemuHypervisor, needs_no_socket_to_see_and_end_a_guest) {
  const GuestDefinition guest = start();
  const pid_t pid = host_.pid_of(guest.id);
  ::unlink(host_.files_of(guest.id).qmp().c_str());

  EXPECT_EQ(hypervisor_->power_state(guest.id), PowerState::running);
  hypervisor_->stop(guest.id, StopMode::clean, std::chrono::seconds{60});
  expect_stopped(guest, pid);
}

TEST_F(QemuHypervisor, ends_a_process_that_hangs) {
  const GuestDefinition guest = start();
  const pid_t pid = host_.pid_of(guest.id);
  ::kill(pid, SIGSTOP);

  stop(guest);

  expect_stopped(guest, pid);
}

TEST_F(QemuHypervisor, says_why_a_guest_does_not_start) {
  GuestDefinition guest = host_.define(GuestKind::obedient);
  guest.disks.front().path = host_.files_of(guest.id).directory + "/nothing.raw";

  const std::string message = message_of_failed_start(guest);

  EXPECT_NE(message.find("did not start"), std::string::npos) << message;
  EXPECT_NE(message.find("'nothing.raw': No such file"), std::string::npos) << message;
  EXPECT_EQ(message.find('/'), std::string::npos) << "a place of the host: " << message;
  EXPECT_EQ(hypervisor_->power_state(guest.id), PowerState::shutdown);
}

TEST_F(QemuHypervisor, says_that_the_program_is_missing) {
  const GuestDefinition guest = host_.define(GuestKind::obedient);
  const auto hypervisor =
      make_qemu_hypervisor({host_.files_of("").directory, "qemu-of-nobody"}, host_.runtime());
  const std::string missing = "The program qemu-of-nobody is not installed.";

  EXPECT_EQ(hypervisor->resources().problem,
            missing + " Install it: apt-get install qemu-system-x86");
  try {
    hypervisor->start(guest);
    ADD_FAILURE() << "it did not fail";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::unavailable);
    EXPECT_EQ(error.message(), missing);
  }
  EXPECT_EQ(hypervisor->power_state(guest.id), PowerState::shutdown);
}

}  // namespace
}  // namespace nova::drivers
