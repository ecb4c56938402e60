#include "nova/app/local_disks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"

namespace nova::app {
namespace {

using base::Error;
using base::ErrorKind;

constexpr std::array<std::string_view, 6> kFileSystems{"ext2", "ext3", "ext4",
                                                       "ntfs", "vfat", "xfs"};
constexpr int64_t kMibPerGib = 1024;

[[noreturn]] void refuse(const std::string& why) { throw Error(ErrorKind::bad_request, why); }

bool is_blank_local(const BlockDeviceWish& wish) {
  return wish.source == "blank" && wish.destination == "local";
}
bool is_swap(const BlockDeviceWish& wish) {
  return is_blank_local(wish) && wish.guest_format == "swap";
}
bool is_ephemeral(const BlockDeviceWish& wish) {
  return is_blank_local(wish) && wish.guest_format != "swap";
}

void check_format(const BlockDeviceWish& wish) {
  const std::string& format = wish.guest_format;
  if (!format.empty() &&
      std::find(kFileSystems.begin(), kFileSystems.end(), format) == kFileSystems.end())
    refuse(fmt::format("Block Device Mapping is Invalid: {} format is not supported", format));
}

std::vector<LocalDisk> plan_ephemeral(const std::vector<BlockDeviceWish>& wishes,
                                      const store::FlavorRow& flavor) {
  std::vector<LocalDisk> disks;
  int64_t left = flavor.ephemeral_gib;
  for (const BlockDeviceWish& wish : wishes) {
    if (!is_ephemeral(wish)) continue;
    check_format(wish);
    const int64_t size = wish.size > 0 ? wish.size : flavor.ephemeral_gib;
    if (size > left)
      refuse(
          "Ephemeral disks requested are larger than the instance type allows. If no size is given "
          "in one block device mapping, flavor ephemeral size will be used.");
    left -= size;
    disks.push_back({"", wish.guest_format, size * kMibPerGib});
  }
  if (disks.empty()) disks.push_back({"", "", flavor.ephemeral_gib * kMibPerGib});
  return disks;
}

LocalDisk plan_swap(const std::vector<BlockDeviceWish>& wishes, const store::FlavorRow& flavor) {
  if (std::count_if(wishes.begin(), wishes.end(), is_swap) > 1)
    refuse("Block Device Mapping is Invalid: More than one swap drive requested.");
  const auto wish = std::find_if(wishes.begin(), wishes.end(), is_swap);
  const int64_t size = wish != wishes.end() && wish->size > 0 ? wish->size : flavor.swap_mib;
  if (size > flavor.swap_mib) refuse("Swap drive requested is larger than instance type allows.");
  return {"", "swap", size};
}

}  // namespace

std::vector<LocalDisk> plan_local_disks(const std::vector<BlockDeviceWish>& wishes,
                                        const store::FlavorRow& flavor) {
  std::vector<LocalDisk> disks = plan_ephemeral(wishes, flavor);
  disks.push_back(plan_swap(wishes, flavor));
  // A flavor without them has them with no size.
  std::erase_if(disks, [](const LocalDisk& disk) { return disk.size_mib == 0; });
  std::vector<std::string> taken;
  for (LocalDisk& disk : disks) disk.device_name = taken.emplace_back(free_device_name(taken));
  return disks;
}

std::string free_device_name(const std::vector<std::string>& taken) {
  for (char letter = 'b'; letter <= 'z'; ++letter) {
    std::string name = std::string("/dev/vd") + letter;
    if (std::find(taken.begin(), taken.end(), name) == taken.end()) return name;
  }
  throw Error(ErrorKind::forbidden, "The server has as many disks as it can have.");
}

std::vector<std::string> device_names_of(const std::vector<LocalDisk>& local_disks,
                                         const std::vector<store::ServerVolumeRow>& volumes) {
  std::vector<std::string> names;
  for (const LocalDisk& disk : local_disks) names.push_back(disk.device_name);
  for (const store::ServerVolumeRow& volume : volumes) names.push_back(volume.device_name);
  return names;
}

}  // namespace nova::app
