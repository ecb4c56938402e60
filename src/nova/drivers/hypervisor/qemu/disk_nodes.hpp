// A disk as QEMU's blockdev and device, alike on the command line and over QMP.
#pragma once

#include <string>

#include "base/json.hpp"
#include "nova/drivers/hypervisor/qemu/guest_files.hpp"

namespace nova::drivers {

// Name of the guest's disk with that index in its definition, if it is no volume.
[[nodiscard]] std::string local_disk_node(size_t index);
// Names of what stands for the volume of that serial, within QEMU's 31 characters.
[[nodiscard]] std::string volume_node(const std::string& serial);
[[nodiscard]] std::string volume_device(const std::string& serial);
[[nodiscard]] std::string volume_secret(const std::string& serial);

// The arguments of blockdev-add.
[[nodiscard]] base::Json block_node(const GuestDisk& disk, const std::string& node_name);
// The same with no more than so many bytes, which an option of blockdev-reopen takes away again.
[[nodiscard]] base::Json limited_node(const GuestDisk& disk, const std::string& node_name,
                                      int64_t bytes);
[[nodiscard]] base::Json unlimited_node(const GuestDisk& disk, const std::string& node_name);
// Whether it signs in with something that guest_files.hpp keeps for it.
[[nodiscard]] bool has_secret(const GuestDisk& disk);
// The arguments of object-add for that.
[[nodiscard]] base::Json secret_object(const GuestFiles& files, const GuestDisk& disk);
// The arguments of device_add for a volume.
[[nodiscard]] base::Json volume_device_arguments(const GuestDisk& disk, const std::string& bus);
// The arguments of block_set_io_throttle for a volume.
[[nodiscard]] base::Json throttle_arguments(const GuestDisk& disk);

}  // namespace nova::drivers
