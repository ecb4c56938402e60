// A volume that may be read and written so fast and no faster.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "nova/drivers/hypervisor/qemu/disk_nodes.hpp"
#include "nova/drivers/hypervisor/qemu/qemu.hpp"
#include "nova/drivers/hypervisor/qemu/qemu_host.hpp"
#include "nova/drivers/hypervisor/qemu/qmp.hpp"
#include "platform/clock.hpp"

namespace nova::drivers {
namespace {

constexpr const char* kVolume = "11111111-1111-4111-8111-111111111111";
constexpr const char* kOther = "22222222-2222-4222-8222-222222222222";
constexpr int64_t kMebibyte = 1 << 20;

class DiskThrottle : public testing::Test {
 protected:
  void SetUp() override {
    if (!make_qemu_host()) GTEST_SKIP() << "qemu-system-x86_64 is not installed";
    hypervisor_ = host_.open();
    guest_ = host_.define(GuestKind::obedient);
  }

  void start() {
    hypervisor_->start(guest_);
    host_.wait_for_ready(guest_.id, ++starts_);
  }

  GuestDisk volume(const std::string& serial, const DiskLimits& limits) {
    GuestDisk disk;
    disk.path = guest_.disks.front().path + "." + serial;
    disk.format = "raw";
    disk.serial = serial;
    disk.limits = limits;
    std::ofstream(disk.path).close();
    std::filesystem::resize_file(disk.path, 64 * kMebibyte);
    return disk;
  }

  [[nodiscard]] QmpClient qmp() const {
    return QmpClient(host_.files_of(guest_.id).qmp(), std::chrono::seconds{30});
  }

  // What QEMU says of the device that was plugged in by that serial.
  [[nodiscard]] int64_t limit(const std::string& name, const char* plugged_as = kVolume) const {
    const std::string device = "/" + volume_device(plugged_as) + "/";
    const base::Json all = qmp().execute("query-block");
    for (const base::Json& block : all.as_array())
      if (base::text_or(block, "qdev").find(device) != std::string::npos)
        return base::integer_or(block.at("inserted"), name, -1);
    return -2;
  }

  // As the guest would, a mebibyte at a time; in seconds.
  [[nodiscard]] double time_of_reading(int mebibytes) const {
    const std::string command = "qemu-io -d /machine/peripheral/" + volume_device(kVolume) +
                                "/virtio-backend \"read 0 1M\"";
    const base::SteadyTime begun = platform::system_clock().steady();
    for (int i = 0; i < mebibytes; ++i)
      qmp().execute("human-monitor-command", base::JsonObject{{"command-line", command}});
    return std::chrono::duration<double>(platform::system_clock().steady() - begun).count();
  }

  QemuHost host_;
  std::unique_ptr<Hypervisor> hypervisor_;
  GuestDefinition guest_;
  size_t starts_ = 0;
};

TEST_F(DiskThrottle, holds_from_the_first_start_on_and_after_the_next_one) {
  guest_.disks.push_back(volume(kVolume, {{"read_bytes_sec", kMebibyte}, {"write_iops_sec", 7}}));
  start();
  EXPECT_EQ(limit("bps_rd"), kMebibyte);
  EXPECT_EQ(limit("iops_wr"), 7);
  EXPECT_EQ(limit("bps_wr"), 0);
  // The first one waits for nobody, and a tenth of a second's worth may be ahead of the limit.
  EXPECT_GT(time_of_reading(4), 2.5);

  hypervisor_ = host_.open();
  hypervisor_->reboot(guest_.id, StopMode::hard, base::Duration{0});
  EXPECT_EQ(limit("bps_rd"), kMebibyte);
}

TEST_F(DiskThrottle, comes_with_a_disk_that_is_plugged_in) {
  start();
  hypervisor_->attach_disk(guest_.id, volume(kVolume, {{"total_iops_sec", 50},
                                                       {"total_iops_sec_max", 90},
                                                       {"size_iops_sec", 4096}}));
  EXPECT_EQ(limit("iops"), 50);
  EXPECT_EQ(limit("iops_max"), 90);
  EXPECT_EQ(limit("iops_size"), 4096);
  EXPECT_EQ(limit("bps"), 0);

  hypervisor_->reboot(guest_.id, StopMode::hard, base::Duration{0});
  EXPECT_EQ(limit("iops"), 50);
}

// Whoever plugged it in died before it was limited.
TEST_F(DiskThrottle, comes_late_to_a_disk_that_is_plugged_in_already) {
  start();
  GuestDisk disk = volume(kVolume, {});
  hypervisor_->attach_disk(guest_.id, disk);
  EXPECT_EQ(limit("bps"), 0);
  disk.limits = {{"total_bytes_sec", 5000}};
  hypervisor_->attach_disk(guest_.id, disk);
  EXPECT_EQ(limit("bps"), 5000);
}

TEST_F(DiskThrottle, is_that_of_the_volume_behind_the_device) {
  guest_.disks.push_back(volume(kVolume, {{"total_bytes_sec", 64 * kMebibyte}}));
  start();
  hypervisor_->swap_disk(guest_.id, kVolume, volume(kOther, {{"write_bytes_sec", 9000}}), [] {});
  EXPECT_EQ(limit("bps"), 0);
  EXPECT_EQ(limit("bps_wr"), 9000);
  hypervisor_->resize_disk(guest_.id, kOther, 64 * kMebibyte);
  EXPECT_EQ(limit("bps_wr"), 9000);

  hypervisor_->reboot(guest_.id, StopMode::hard, base::Duration{0});
  EXPECT_EQ(limit("bps_wr", kOther), 9000);
  hypervisor_->swap_disk(guest_.id, kOther, volume(kVolume, {}), [] {});
  EXPECT_EQ(limit("bps_wr", kOther), 0);
}

}  // namespace
}  // namespace nova::drivers
