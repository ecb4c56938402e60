#include "nova/app/local_disks.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace nova::app {
namespace {

store::FlavorRow flavor_with(int64_t ephemeral_gib, int64_t swap_mib) {
  store::FlavorRow flavor;
  flavor.ephemeral_gib = ephemeral_gib;
  flavor.swap_mib = swap_mib;
  return flavor;
}

BlockDeviceWish blank(int64_t size, const std::string& format = "") {
  BlockDeviceWish wish;
  wish.source = "blank";
  wish.destination = "local";
  wish.size = size;
  wish.guest_format = format;
  return wish;
}

// "/dev/vdb ext4 1024, ..."
std::string plan(const std::vector<BlockDeviceWish>& wishes, const store::FlavorRow& flavor) {
  std::string text;
  try {
    for (const LocalDisk& disk : plan_local_disks(wishes, flavor))
      text += (text.empty() ? "" : ", ") + disk.device_name + " " + disk.format + " " +
              std::to_string(disk.size_mib);
  } catch (const base::Error& error) {
    return error.message();
  }
  return text;
}

TEST(LocalDisks, are_those_of_the_flavor) {
  EXPECT_EQ(plan({}, flavor_with(0, 0)), "");
  EXPECT_EQ(plan({}, flavor_with(2, 0)), "/dev/vdb  2048");
  EXPECT_EQ(plan({}, flavor_with(0, 64)), "/dev/vdb swap 64");
  EXPECT_EQ(plan({}, flavor_with(2, 64)), "/dev/vdb  2048, /dev/vdc swap 64");
}

TEST(LocalDisks, that_were_asked_for_are_instead_of_the_flavors_of_their_kind) {
  const auto flavor = flavor_with(10, 64);
  EXPECT_EQ(plan({blank(32, "swap"), blank(4, "ext4"), blank(6)}, flavor),
            "/dev/vdb ext4 4096, /dev/vdc  6144, /dev/vdd swap 32");
  EXPECT_EQ(plan({blank(0, "xfs")}, flavor), "/dev/vdb xfs 10240, /dev/vdc swap 64");
  EXPECT_EQ(plan({blank(0, "swap")}, flavor), "/dev/vdb  10240, /dev/vdc swap 64");
}

TEST(LocalDisks, are_no_more_than_the_flavor_has) {
  const std::string too_large =
      "Ephemeral disks requested are larger than the instance type allows. If no size is given in "
      "one block device mapping, flavor ephemeral size will be used.";
  EXPECT_EQ(plan({blank(3)}, flavor_with(2, 0)), too_large);
  EXPECT_EQ(plan({blank(2), blank(1)}, flavor_with(2, 0)), too_large);
  EXPECT_EQ(plan({blank(1), blank(0)}, flavor_with(2, 0)), too_large);
  EXPECT_EQ(plan({blank(1)}, flavor_with(0, 0)), too_large);
  EXPECT_EQ(plan({blank(65, "swap")}, flavor_with(0, 64)),
            "Swap drive requested is larger than instance type allows.");
  EXPECT_EQ(plan({blank(1, "swap"), blank(1, "swap")}, flavor_with(0, 64)),
            "Block Device Mapping is Invalid: More than one swap drive requested.");
  EXPECT_EQ(plan({blank(1, "btrfs")}, flavor_with(2, 0)),
            "Block Device Mapping is Invalid: btrfs format is not supported");
}

TEST(LocalDisks, leave_the_names_that_are_free_to_volumes) {
  store::ServerVolumeRow volume;
  volume.device_name = "/dev/vdc";
  const auto taken = device_names_of({{"/dev/vdb", "swap", 64}}, {volume});
  EXPECT_EQ(free_device_name(taken), "/dev/vdd");
}

}  // namespace
}  // namespace nova::app
