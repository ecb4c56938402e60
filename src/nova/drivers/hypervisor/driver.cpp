#include "nova/drivers/hypervisor/driver.hpp"

#include <algorithm>

namespace nova::drivers {

void add_disk(GuestDefinition& guest, const GuestDisk& disk) {
  const auto known = std::find_if(guest.disks.begin(), guest.disks.end(),
                                  [&](const auto& each) { return each.serial == disk.serial; });
  if (known == guest.disks.end())
    guest.disks.push_back(disk);
  else
    replace_disk(*known, disk);
}

void replace_disk(GuestDisk& known, const GuestDisk& disk) {
  const std::string plugged_as = known.plugged_as;
  known = disk;
  known.plugged_as = plugged_as;
}

const std::string& name_in_guest(const GuestDisk& disk) {
  return disk.plugged_as.empty() ? disk.serial : disk.plugged_as;
}

// Each disk has one name, so the serial of the last one in the row of those that took each other's
// place is free.
std::string free_name(const GuestDefinition& guest, const std::string& serial) {
  std::string name = serial;
  for (size_t i = 0; i <= guest.disks.size(); ++i) {
    const auto taken =
        std::find_if(guest.disks.begin(), guest.disks.end(), [&](const GuestDisk& each) {
          return each.serial != serial && !each.serial.empty() && name_in_guest(each) == name;
        });
    if (taken == guest.disks.end()) break;
    name = taken->serial;
  }
  return name;
}

bool remove_disk(GuestDefinition& guest, const std::string& serial) {
  return std::erase_if(guest.disks, [&](const GuestDisk& disk) { return disk.serial == serial; }) >
         0;
}

std::vector<std::string> serials_of(const GuestDefinition& guest) {
  std::vector<std::string> serials;
  for (const GuestDisk& disk : guest.disks)
    if (!disk.serial.empty()) serials.push_back(disk.serial);
  return serials;
}

}  // namespace nova::drivers
