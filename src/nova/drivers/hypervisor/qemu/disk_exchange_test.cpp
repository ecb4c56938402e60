// One volume for another under a guest that runs.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "nova/drivers/hypervisor/qemu/disk_nodes.hpp"
#include "nova/drivers/hypervisor/qemu/disk_swap.hpp"
#include "nova/drivers/hypervisor/qemu/qemu.hpp"
#include "nova/drivers/hypervisor/qemu/qemu_host.hpp"
#include "nova/drivers/hypervisor/qemu/qmp.hpp"

namespace nova::drivers {
namespace {

constexpr size_t kVolumeSize = size_t{64} << 20;
constexpr const char* kOld = "11111111-1111-4111-8111-111111111111";
constexpr const char* kNew = "22222222-2222-4222-8222-222222222222";

class DiskSwap : public testing::Test {
 protected:
  void SetUp() override {
    if (!make_qemu_host()) GTEST_SKIP() << "qemu-system-x86_64 is not installed";
    hypervisor_ = host_.open();
    guest_ = host_.define(GuestKind::obedient);
    old_ = volume(kOld, 'a');
    new_ = volume(kNew, 'x');
    guest_.disks.push_back(old_);
    hypervisor_->start(guest_);
    host_.wait_for_ready(guest_.id, 1);
  }

  GuestDisk volume(const std::string& serial, char content) {
    GuestDisk disk;
    disk.path = guest_.disks.front().path + "." + serial;
    disk.format = "raw";
    disk.serial = serial;
    std::ofstream file(disk.path, std::ios::binary);
    const std::string block(1 << 20, content);
    for (size_t written = 0; written < kVolumeSize; written += block.size()) file << block;
    return disk;
  }

  [[nodiscard]] QmpClient qmp() const {
    return QmpClient(host_.files_of(guest_.id).qmp(), std::chrono::seconds{10});
  }
  // As the guest would, which knows the device by the name that it was plugged in with.
  void write_in_guest(char byte, int mebibyte) {
    const std::string command = "qemu-io -d /machine/peripheral/" + volume_device(kOld) +
                                "/virtio-backend \"write -P " + std::to_string(byte) + " " +
                                std::to_string(mebibyte) + "M 1M\"";
    qmp().execute("human-monitor-command", base::JsonObject{{"command-line", command}});
  }
  // The first byte of that mebibyte.
  static char byte_of(const GuestDisk& disk, int mebibyte) {
    std::ifstream file(disk.path, std::ios::binary);
    file.seekg(std::streamoff{mebibyte} << 20);
    return static_cast<char>(file.get());
  }
  void swap(const std::function<void()>& keep_on = [] {}) {
    hypervisor_->swap_disk(guest_.id, kOld, new_, keep_on);
  }
  void expect_has(const char* serial) {
    EXPECT_EQ(hypervisor_->list_serials(guest_.id), std::vector<std::string>{serial});
    auto client = qmp();
    EXPECT_TRUE(is_behind_device(client, volume_node(serial), kOld)) << serial;
    EXPECT_EQ(get_mirror_state(client), MirrorState::none);
    EXPECT_EQ(client.execute("query-named-block-nodes", base::JsonObject{{"flat", true}})
                  .as_array()
                  .size(),
              4U)
        << "a disk is two nodes, and only what the guest has is open";
  }

  QemuHost host_;
  std::unique_ptr<Hypervisor> hypervisor_;
  GuestDefinition guest_;
  GuestDisk old_;
  GuestDisk new_;
};

TEST_F(DiskSwap, hands_over_all_that_the_guest_writes_meanwhile) {
  bool written = false;
  swap([&] {
    if (!std::exchange(written, true)) write_in_guest('b', 60);
  });
  ASSERT_TRUE(written) << "it was done before the guest could write";
  expect_has(kNew);
  write_in_guest('c', 61);
  EXPECT_EQ(byte_of(new_, 1), 'a');
  EXPECT_EQ(byte_of(new_, 60), 'b');
  EXPECT_EQ(byte_of(new_, 61), 'c');
  EXPECT_EQ(byte_of(old_, 61), 'a');
  EXPECT_EQ(hypervisor_->power_state(guest_.id), PowerState::running);
}

TEST_F(DiskSwap, with_a_larger_one_makes_room) {
  std::filesystem::resize_file(new_.path, size_t{96} << 20);
  swap();
  expect_has(kNew);
  hypervisor_->resize_disk(guest_.id, kNew, int64_t{96} << 20);
  write_in_guest('d', 90);
  EXPECT_EQ(byte_of(new_, 90), 'd');
  EXPECT_EQ(byte_of(new_, 1), 'a');
}

TEST_F(DiskSwap, done_twice_is_as_done_once) {
  swap();
  hypervisor_ = host_.open();
  swap();
  expect_has(kNew);
}

TEST_F(DiskSwap, goes_back_and_forth) {
  swap();
  write_in_guest('b', 5);
  hypervisor_->swap_disk(guest_.id, kNew, old_, [] {});
  expect_has(kOld);
  EXPECT_EQ(byte_of(old_, 5), 'b');
}

// The guest still calls the new one by its name.
TEST_F(DiskSwap, leaves_a_disk_that_can_be_plugged_in_again) {
  swap();
  hypervisor_->attach_disk(guest_.id, old_);
  hypervisor_->attach_disk(guest_.id, old_);
  EXPECT_EQ(hypervisor_->list_serials(guest_.id), (std::vector<std::string>{kNew, kOld}));
  auto client = qmp();
  EXPECT_TRUE(is_behind_device(client, volume_node(kNew), kOld));
  EXPECT_TRUE(is_behind_device(client, volume_node(kOld), kNew));
}

TEST_F(DiskSwap, that_nobody_wants_changes_nothing) {
  const auto refuse = [] { throw base::Error(base::ErrorKind::conflict, "not wanted"); };
  EXPECT_THROW(swap(refuse), base::Error);
  expect_has(kOld);
  swap();
  expect_has(kNew);
}

TEST_F(DiskSwap, with_what_is_not_there_or_too_small_changes_nothing) {
  std::filesystem::resize_file(new_.path, 1 << 20);
  EXPECT_THROW(swap(), base::Error);
  expect_has(kOld);
  std::filesystem::remove(new_.path);
  EXPECT_THROW(swap(), base::Error);
  expect_has(kOld);
}

TEST_F(DiskSwap, needs_a_guest_that_runs) {
  hypervisor_->stop(guest_.id, StopMode::hard, base::Duration{0});
  EXPECT_THROW(swap(), base::Error);
  EXPECT_EQ(hypervisor_->list_serials(guest_.id), std::vector<std::string>{kOld});
}

TEST_F(DiskSwap, outlives_the_guest_and_its_next_start) {
  swap();
  hypervisor_->reboot(guest_.id, StopMode::hard, base::Duration{0});
  auto client = qmp();
  EXPECT_TRUE(is_behind_device(client, volume_node(kNew), kNew));
}

// Whoever began it died before the guest wrote only the new one.
TEST_F(DiskSwap, of_a_former_process_is_begun_again) {
  {
    auto client = qmp();
    client.execute("blockdev-add", block_node(new_, volume_node(kNew)));
    begin_mirror(client, volume_node(kOld), volume_node(kNew));
  }
  hypervisor_ = host_.open();
  swap();
  expect_has(kNew);
  EXPECT_EQ(byte_of(new_, 1), 'a');
}

}  // namespace
}  // namespace nova::drivers
