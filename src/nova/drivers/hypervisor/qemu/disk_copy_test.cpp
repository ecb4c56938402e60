// Copies of the disks of guests that run, or do not, or end meanwhile.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "nova/drivers/hypervisor/qemu/qemu.hpp"
#include "nova/drivers/hypervisor/qemu/qemu_host.hpp"
#include "nova/drivers/hypervisor/qemu/qmp.hpp"
#include "platform/process.hpp"

namespace nova::drivers {
namespace {

constexpr size_t kDataSize = size_t{96} << 20;

class DiskCopy : public testing::Test {
 protected:
  void SetUp() override {
    if (!make_qemu_host()) GTEST_SKIP() << "qemu-system-x86_64 is not installed";
    hypervisor_ = host_.open();
    guest_ = host_.define(GuestKind::obedient);
    guest_.disks.push_back({guest_.disks.front().path + ".data", "raw"});
    fill();
    copy_ = data().path + ".copy";
    hypervisor_->start(guest_);
    host_.wait_for_ready(guest_.id, 1);
  }

  [[nodiscard]] const GuestDisk& data() const { return guest_.disks.back(); }

  void fill() {
    std::ofstream file(data().path, std::ios::binary);
    const std::string block(1 << 20, 'a');
    for (size_t written = 0; written < kDataSize; written += block.size()) file << block;
  }
  // As the guest would.
  void write_on_disk(char byte) {
    QmpClient qmp(host_.files_of(guest_.id).qmp(), std::chrono::seconds{10});
    qmp.execute("human-monitor-command",
                base::JsonObject{{"command-line",
                                  "qemu-io -d /machine/peripheral/virtio-disk1/virtio-backend "
                                  "\"write -P " +
                                      std::to_string(byte) + " 90M 1M\""}});
  }
  // All of the copy.
  [[nodiscard]] std::string content() {
    const std::string raw = copy_ + ".raw";
    platform::run_checked({"qemu-img", "convert", "-f", "qcow2", "-O", "raw", copy_, raw});
    std::ifstream file(raw, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void copy(const std::function<void()>& keep_on = [] {}) {
    hypervisor_->copy_disk(guest_.id, data(), copy_, keep_on);
  }
  // Of this QEMU.
  [[nodiscard]] size_t jobs() {
    QmpClient qmp(host_.files_of(guest_.id).qmp(), std::chrono::seconds{10});
    return qmp.execute("query-jobs").as_array().size();
  }

  QemuHost host_;
  std::unique_ptr<Hypervisor> hypervisor_;
  GuestDefinition guest_;
  std::string copy_;
};

TEST_F(DiskCopy, holds_what_the_disk_held_when_it_began_and_the_guest_goes_on) {
  bool written = false;
  copy([&] {
    if (!std::exchange(written, true)) write_on_disk('b');
  });

  ASSERT_TRUE(written) << "the copy was whole before the guest could write";
  EXPECT_EQ(content(), std::string(kDataSize, 'a'));
  EXPECT_EQ(hypervisor_->power_state(guest_.id), PowerState::running);
  EXPECT_EQ(jobs(), 0U);
  copy();
  EXPECT_EQ(content().substr(size_t{90} << 20, 1 << 20), std::string(1 << 20, 'b'));
}

TEST_F(DiskCopy, is_made_of_a_paused_guest_which_stays_so) {
  hypervisor_->pause(guest_.id);
  copy();
  EXPECT_EQ(content(), std::string(kDataSize, 'a'));
  EXPECT_EQ(hypervisor_->power_state(guest_.id), PowerState::paused);
}

TEST_F(DiskCopy, is_made_of_a_guest_that_does_not_run_or_is_not_known) {
  hypervisor_->stop(guest_.id, StopMode::hard, base::Duration{0});
  copy();
  EXPECT_EQ(content(), std::string(kDataSize, 'a'));
  hypervisor_->remove(guest_.id);
  copy();
  EXPECT_EQ(content(), std::string(kDataSize, 'a'));
}

TEST_F(DiskCopy, is_whole_if_the_guest_ends_meanwhile) {
  bool killed = false;
  copy([&] {
    if (!std::exchange(killed, true)) host_.kill(guest_.id);
  });
  ASSERT_TRUE(killed);
  EXPECT_EQ(content(), std::string(kDataSize, 'a'));
}

TEST_F(DiskCopy, ends_when_nobody_wants_it_and_can_be_made_again) {
  const auto refuse = [] { throw base::Error(base::ErrorKind::conflict, "not wanted"); };
  EXPECT_THROW(copy(refuse), base::Error);
  EXPECT_EQ(jobs(), 0U);
  copy();
  EXPECT_EQ(content(), std::string(kDataSize, 'a'));
}

// Whoever began it died.
TEST_F(DiskCopy, of_a_former_process_is_ended_by_the_next) {
  platform::run_checked({"qemu-img", "create", "-q", "-f", "qcow2", copy_, "96M"});
  {
    QmpClient qmp(host_.files_of(guest_.id).qmp(), std::chrono::seconds{10});
    qmp.execute(
        "blockdev-add",
        base::JsonObject{{"driver", "qcow2"},
                         {"node-name", "copy"},
                         {"file", base::JsonObject{{"driver", "file"}, {"filename", copy_}}}});
    qmp.execute("blockdev-backup", base::JsonObject{{"job-id", "copy"},
                                                    {"device", "disk1"},
                                                    {"target", "copy"},
                                                    {"sync", "full"},
                                                    {"speed", 1 << 20},
                                                    {"auto-dismiss", false}});
  }
  hypervisor_ = host_.open();
  ASSERT_EQ(jobs(), 1U);
  hypervisor_->end_copies(guest_.id);
  EXPECT_EQ(jobs(), 0U);
  copy();
  EXPECT_EQ(content(), std::string(kDataSize, 'a'));
}

}  // namespace
}  // namespace nova::drivers
